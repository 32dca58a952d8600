using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Pods;
using static Insula.Api.PodSecurity.Wording;

namespace Insula.Api.PodSecurity;

/// <summary>The checks of baseline (k8s.io/pod-security-admission, policy).</summary>
internal static class BaselineChecks
{
    private const string SeccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
    private const string SeccompContainerAnnotation = "container.seccomp.security.alpha.kubernetes.io/";

    private static readonly string[] _capabilities =
    [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
        "SETUID", "SYS_CHROOT",
    ];

    private static readonly string[] _selinuxTypes10 = ["", "container_t", "container_init_t", "container_kvm_t"];
    private static readonly string[] _selinuxTypes131 = [.. _selinuxTypes10, "container_engine_t"];

    private static readonly string[] _sysctls10 =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    ];

    private static readonly string[] _sysctls127 = [.. _sysctls10, "net.ipv4.ip_local_reserved_ports"];

    private static readonly string[] _sysctls129 =
    [
        .. _sysctls127, "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
    ];

    private static readonly string[] _sysctls132 = [.. _sysctls129, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];

    public static IReadOnlyList<PodSecurityCheck> All { get; } =
    [
        new("appArmorProfile", PodSecurityLevel.Baseline, (0, AppArmorProfile)),
        new("capabilities_baseline", PodSecurityLevel.Baseline, (0, Capabilities)),
        new("hostNamespaces", PodSecurityLevel.Baseline, (0, HostNamespaces)),
        new("hostPathVolumes", PodSecurityLevel.Baseline, (0, HostPathVolumes)),
        new("hostPorts", PodSecurityLevel.Baseline, (0, HostPorts)),
        new("hostProbesAndHostLifecycle", PodSecurityLevel.Baseline, (34, HandlerHosts)),
        new("privileged", PodSecurityLevel.Baseline, (0, Privileged)),
        new("procMount", PodSecurityLevel.Baseline, (0, ProcMount), (35, p => p.HasOwnUsers ? null : ProcMount(p))),
        new("seLinuxOptions", PodSecurityLevel.Baseline, (0, p => SELinuxOptions(p, _selinuxTypes10)), (31, p => SELinuxOptions(p, _selinuxTypes131))),
        new("seccompProfile_baseline", PodSecurityLevel.Baseline, (0, SeccompAnnotations), (19, SeccompProfile)),
        new("sysctls", PodSecurityLevel.Baseline,
            (0, p => Sysctls(p, _sysctls10)), (27, p => Sysctls(p, _sysctls127)), (29, p => Sysctls(p, _sysctls129)), (32, p => Sysctls(p, _sysctls132))),
        new("windowsHostProcess", PodSecurityLevel.Baseline, (0, WindowsHostProcess)),
    ];

    /// <summary>Forbids all but the default mount of <c>/proc</c>.</summary>
    public static PodSecurityViolation? ProcMount(PodView pod)
    {
        static string Of(ContainerView container) => Json.Text(container.SecurityContext, "procMount") ?? "Default";

        var bad = pod.ContainersWhere(c => Of(c) != "Default");
        return bad.Count == 0 ? null
            : new("procMount", $"{Containers(bad)} must not set securityContext.procMount to {Quoted(Sorted(pod.Containers.Select(Of).Where(p => p != "Default")))}");
    }

    /// <summary>The types of seccomp profiles that pod and containers set and that no standard but privileged allows.</summary>
    public static PodSecurityViolation? SeccompProfile(PodView pod)
    {
        static string? Bad(JsonObject? context) =>
            Json.Object(context, "seccompProfile") is { } profile && Json.Text(profile, "type") is not ("RuntimeDefault" or "Localhost") ? Json.Text(profile, "type") ?? "" : null;

        var setters = Setters(Bad(pod.SecurityContext) is not null, pod.ContainersWhere(c => Bad(c.SecurityContext) is not null));
        var values = pod.Containers.Select(c => c.SecurityContext).Append(pod.SecurityContext).Select(Bad).OfType<string>();
        return setters.Length == 0 ? null
            : new("seccompProfile", $"{setters} must not set securityContext.seccompProfile.type to {Quoted(Sorted(values))}");
    }

    private static PodSecurityViolation? AppArmorProfile(PodView pod)
    {
        static string? Bad(JsonObject? context) =>
            Json.Object(context, "appArmorProfile") is { } profile && Json.Text(profile, "type") is not ("RuntimeDefault" or "Localhost") ? Json.Text(profile, "type") ?? "" : null;

        var annotations = pod.Annotations
            .Where(a => a.Key.StartsWith(AppArmorAnnotations.Prefix, StringComparison.Ordinal)
                && a.Value is not ("" or "runtime/default") && !a.Value.StartsWith("localhost/", StringComparison.Ordinal))
            .Select(a => $"{a.Key}={Validation.Quoted.Text(a.Value)}")
            .Order(StringComparer.Ordinal).ToList();
        var setters = Setters(Bad(pod.SecurityContext) is not null, pod.ContainersWhere(c => Bad(c.SecurityContext) is not null));
        var values = Sorted(pod.Containers.Select(c => c.SecurityContext).Append(pod.SecurityContext).Select(Bad).OfType<string>());
        if (annotations.Count > 0)
        {
            values.AddRange(annotations);
            setters += (setters.Length > 0 ? " and " : "") + Plural("annotation", "annotations", annotations.Count);
        }

        return values.Count == 0 ? null
            : new(Plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.Count), $"{setters} must not set AppArmor profile type to {Quoted(values)}");
    }

    private static PodSecurityViolation? Capabilities(PodView pod)
    {
        static IEnumerable<string> Bad(ContainerView container) => container.Capabilities("add").Except(_capabilities);

        var bad = pod.ContainersWhere(c => Bad(c).Any());
        return bad.Count == 0 ? null
            : new("non-default capabilities", $"{Containers(bad)} must not include {Quoted(Sorted(pod.Containers.SelectMany(Bad)))} in securityContext.capabilities.add");
    }

    private static PodSecurityViolation? HostNamespaces(PodView pod)
    {
        var shared = ((string[])["hostNetwork", "hostPID", "hostIPC"]).Where(n => Json.Flag(pod.Spec, n) == true).Select(n => $"{n}=true").ToList();
        return shared.Count == 0 ? null : new("host namespaces", string.Join(", ", shared));
    }

    private static PodSecurityViolation? HostPathVolumes(PodView pod)
    {
        var bad = Json.Objects(pod.Spec, "volumes").Where(v => Json.Object(v, "hostPath") is not null).Select(v => Json.Text(v, "name") ?? "").ToList();
        return bad.Count == 0 ? null : new("hostPath volumes", $"{Plural("volume", "volumes", bad.Count)} {Quoted(bad)}");
    }

    private static PodSecurityViolation? HostPorts(PodView pod)
    {
        static IEnumerable<string> Bad(ContainerView container) =>
            container.Ports.Select(p => Json.Number(p, "hostPort") ?? 0).Where(p => p != 0).Select(p => p.ToString(CultureInfo.InvariantCulture));

        var bad = pod.ContainersWhere(c => Bad(c).Any());
        var ports = Sorted(pod.Containers.SelectMany(Bad));
        return bad.Count == 0 ? null
            : new("hostPort", $"{Containers(bad)} {Plural("uses", "use", bad.Count)} {Plural("hostPort", "hostPorts", ports.Count)} {string.Join(", ", ports)}");
    }

    private static PodSecurityViolation? HandlerHosts(PodView pod)
    {
        var bad = Sorted(pod.ContainersWhere(c => c.HandlerHosts.Any()));
        var hosts = Sorted(pod.Containers.SelectMany(c => c.HandlerHosts));
        return bad.Count == 0 ? null
            : new("probe or lifecycle host", $"{Containers(bad)} {Plural("uses", "use", bad.Count)} {Plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.Count)} {Quoted(hosts)}");
    }

    private static PodSecurityViolation? Privileged(PodView pod)
    {
        var bad = pod.ContainersWhere(c => Json.Flag(c.SecurityContext, "privileged") == true);
        return bad.Count == 0 ? null : new("privileged", $"{Containers(bad)} must not set securityContext.privileged=true");
    }

    private static PodSecurityViolation? SELinuxOptions(PodView pod, string[] types)
    {
        static JsonObject? Of(JsonObject? context) => Json.Object(context, "seLinuxOptions");
        static bool Has(JsonObject? options, string name) => !string.IsNullOrEmpty(Json.Text(options, name));
        bool BadType(JsonObject? options) => !types.Contains(Json.Text(options, "type") ?? "");
        bool Bad(JsonObject? options) => BadType(options) || Has(options, "user") || Has(options, "role");

        var setters = Setters(Bad(Of(pod.SecurityContext)), pod.ContainersWhere(c => Bad(Of(c.SecurityContext))));
        if (setters.Length == 0)
        {
            return null;
        }

        var all = pod.Containers.Select(c => Of(c.SecurityContext)).Append(Of(pod.SecurityContext)).ToList();
        var what = new List<string>();
        if (Sorted(all.Where(BadType).Select(o => Json.Text(o, "type")!)) is { Count: > 0 } bad)
        {
            what.Add($"{Plural("type", "types", bad.Count)} {Quoted(bad)}");
        }

        what.AddRange(((string[])["user", "role"]).Where(n => all.Any(o => Has(o, n))).Select(n => $"{n} may not be set"));
        return new("seLinuxOptions", $"{setters} set forbidden securityContext.seLinuxOptions: {string.Join("; ", what)}");
    }

    /// <summary>Until 1.18 the profile was an annotation. It means nothing here, but a policy pinned that low forbids it.</summary>
    private static PodSecurityViolation? SeccompAnnotations(PodView pod)
    {
        var names = pod.Containers.Select(c => SeccompContainerAnnotation + c.Name).Append(SeccompPodAnnotation).ToHashSet();
        var bad = pod.Annotations
            .Where(a => names.Contains(a.Key) && a.Value is not ("runtime/default" or "docker/default") && !a.Value.StartsWith("localhost/", StringComparison.Ordinal))
            .Select(a => $"{a.Key}={Validation.Quoted.Text(a.Value)}")
            .Order(StringComparer.Ordinal).ToList();
        return bad.Count == 0 ? null : new("seccompProfile", $"forbidden {Plural("annotation", "annotations", bad.Count)} {string.Join(", ", bad)}");
    }

    private static PodSecurityViolation? Sysctls(PodView pod, string[] safe)
    {
        var bad = Json.Objects(pod.SecurityContext, "sysctls").Select(s => Json.Text(s, "name") ?? "").Where(n => !safe.Contains(n)).ToList();
        return bad.Count == 0 ? null : new("forbidden sysctls", string.Join(", ", bad));
    }

    private static PodSecurityViolation? WindowsHostProcess(PodView pod)
    {
        static bool Bad(JsonObject? context) => Json.Flag(Json.Object(context, "windowsOptions"), "hostProcess") == true;

        var setters = Setters(Bad(pod.SecurityContext), pod.ContainersWhere(c => Bad(c.SecurityContext)));
        return setters.Length == 0 ? null : new("hostProcess", $"{setters} must not set securityContext.windowsOptions.hostProcess=true");
    }
}

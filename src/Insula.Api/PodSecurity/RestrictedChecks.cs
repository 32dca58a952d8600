using System.Text.Json.Nodes;
using static Insula.Api.PodSecurity.Wording;

namespace Insula.Api.PodSecurity;

/// <summary>
/// What restricted demands beyond baseline (k8s.io/pod-security-admission, policy). The relief that some of these give to
/// Windows pods from 1.25 on is not here, since there are no such pods.
/// </summary>
internal static class RestrictedChecks
{
    private static readonly string[] _volumes =
        ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"];

    private static readonly string[] _otherVolumes =
    [
        "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo",
        "glusterfs", "hostPath", "iscsi", "nfs", "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos",
        "vsphereVolume",
    ];

    public static IReadOnlyList<PodSecurityCheck> All { get; } =
    [
        new("allowPrivilegeEscalation", PodSecurityLevel.Restricted, (8, AllowPrivilegeEscalation)),
        new("capabilities_restricted", PodSecurityLevel.Restricted, (22, Capabilities)) { Overrides = "capabilities_baseline" },
        new("procMount_restricted", PodSecurityLevel.Restricted, (35, BaselineChecks.ProcMount)) { Overrides = "procMount" },
        new("restrictedVolumes", PodSecurityLevel.Restricted, (0, Volumes)) { Overrides = "hostPathVolumes" },
        new("runAsNonRoot", PodSecurityLevel.Restricted, (0, RunAsNonRoot), (35, p => p.HasOwnUsers ? null : RunAsNonRoot(p))),
        new("runAsUser", PodSecurityLevel.Restricted, (23, RunAsUser), (35, p => p.HasOwnUsers ? null : RunAsUser(p))),
        new("seccompProfile_restricted", PodSecurityLevel.Restricted, (19, SeccompProfile)) { Overrides = "seccompProfile_baseline" },
    ];

    private static PodSecurityViolation? AllowPrivilegeEscalation(PodView pod)
    {
        var bad = pod.ContainersWhere(c => Json.Flag(c.SecurityContext, "allowPrivilegeEscalation") != false);
        return bad.Count == 0 ? null
            : new("allowPrivilegeEscalation != false", $"{Containers(bad)} must set securityContext.allowPrivilegeEscalation=false");
    }

    private static PodSecurityViolation? Capabilities(PodView pod)
    {
        static IEnumerable<string> Added(ContainerView container) => container.Capabilities("add").Where(c => c != "NET_BIND_SERVICE");

        var details = new List<string>();
        if (pod.ContainersWhere(c => !c.Capabilities("drop").Contains("ALL")) is { Count: > 0 } keeping)
        {
            details.Add($"{Containers(keeping)} must set securityContext.capabilities.drop=[\"ALL\"]");
        }

        if (pod.ContainersWhere(c => Added(c).Any()) is { Count: > 0 } adding)
        {
            details.Add($"{Containers(adding)} must not include {Quoted(Sorted(pod.Containers.SelectMany(Added)))} in securityContext.capabilities.add");
        }

        return details.Count == 0 ? null : new("unrestricted capabilities", string.Join("; ", details));
    }

    private static PodSecurityViolation? Volumes(PodView pod)
    {
        var bad = Json.Objects(pod.Spec, "volumes").Where(v => !_volumes.Any(type => v[type] is not null)).ToList();
        if (bad.Count == 0)
        {
            return null;
        }

        var types = Sorted(bad.Select(v => _otherVolumes.FirstOrDefault(type => v[type] is not null, "unknown")));
        return new(
            "restricted volume types",
            $"{Plural("volume", "volumes", bad.Count)} {Quoted(bad.Select(v => Json.Text(v, "name") ?? ""))} {Plural("uses", "use", bad.Count)} "
            + $"{Plural("restricted volume type", "restricted volume types", types.Count)} {Quoted(types)}");
    }

    private static PodSecurityViolation? RunAsNonRoot(PodView pod)
    {
        static bool? Of(JsonObject? context) => Json.Flag(context, "runAsNonRoot");

        var byPod = Of(pod.SecurityContext);
        if (Setters(byPod == false, pod.ContainersWhere(c => Of(c.SecurityContext) == false)) is { Length: > 0 } setters)
        {
            return new("runAsNonRoot != true", $"{setters} must not set securityContext.runAsNonRoot=false");
        }

        var silent = pod.ContainersWhere(c => Of(c.SecurityContext) is null && byPod != true);
        return silent.Count == 0 ? null : new("runAsNonRoot != true", $"pod or {Containers(silent)} must set securityContext.runAsNonRoot=true");
    }

    private static PodSecurityViolation? RunAsUser(PodView pod)
    {
        static bool Bad(JsonObject? context) => Json.Number(context, "runAsUser") == 0;

        var setters = Setters(Bad(pod.SecurityContext), pod.ContainersWhere(c => Bad(c.SecurityContext)));
        return setters.Length == 0 ? null : new("runAsUser=0", $"{setters} must not set runAsUser=0");
    }

    private static PodSecurityViolation? SeccompProfile(PodView pod)
    {
        static bool Has(JsonObject? context) => Json.Object(context, "seccompProfile") is not null;

        if (BaselineChecks.SeccompProfile(pod) is { } forbidden)
        {
            return forbidden;
        }

        var silent = pod.ContainersWhere(c => !Has(c.SecurityContext) && !Has(pod.SecurityContext));
        return silent.Count == 0 ? null
            : new("seccompProfile", $"pod or {Containers(silent)} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
    }
}

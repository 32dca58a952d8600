using System.Net;
using Insula.Api.Core;
using Insula.Api.Nodes;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>
/// Checks a decoded pod with defaults as Kubernetes does (core/validation), with its texts. Types, unknown fields,
/// enumerations and unsupported fields are the decoder's.
/// </summary>
public static class PodValidation
{
    /// <summary>What is wrong with the pod; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(Pod pod)
    {
        var errors = new List<FieldError>();
        MetadataValidation.Validate(new(errors, "metadata"), pod.Metadata, namespaced: true);
        Spec(new(errors, "spec"), pod.Spec);
        if (pod.Metadata.Uid is null && pod.Spec.EphemeralContainers.Count > 0)
        {
            new ErrorList(errors, "spec").Field("ephemeralContainers").Forbidden("cannot be set on create");
        }

        PodBandwidth.Validate(new(errors, "metadata"), pod);
        AppArmorAnnotations.Validate(new(errors, "metadata"), new(errors, "spec"), pod);
        return errors;
    }

    /// <summary>Checks the spec of a pod, or of what pods are made from.</summary>
    internal static void Spec(ErrorList at, PodSpec spec)
    {
        var volumes = VolumeValidation.Volumes(at.Field("volumes"), spec);
        var containers = at.Field("containers");
        if (spec.Containers.Count == 0)
        {
            containers.Required();
        }

        var names = new HashSet<string>();
        Containers(containers, spec.Containers, ContainerValidation.Validate);
        Containers(at.Field("initContainers"), spec.InitContainers, ContainerValidation.ValidateInit);
        Containers(at.Field("ephemeralContainers"), spec.EphemeralContainers, ContainerValidation.ValidateEphemeral);

        ContainerValidation.OfPod(at, spec);
        at.Field("terminationGracePeriodSeconds").NotNegative(spec.TerminationGracePeriodSeconds);
        at.Field("activeDeadlineSeconds").Range(spec.ActiveDeadlineSeconds, 1, int.MaxValue);
        for (var i = 0; i < spec.ReadinessGates.Count; i++)
        {
            at.Field("readinessGates").Index(i).Field("conditionType").Name(spec.ReadinessGates[i].ConditionType, Names.QualifiedName);
        }

        for (var i = 0; i < spec.ImagePullSecrets.Count; i++)
        {
            at.Field("imagePullSecrets").Index(i).Field("name").Name(spec.ImagePullSecrets[i].Name, Names.Dns1123Subdomain);
        }

        for (var i = 0; i < spec.Tolerations.Count; i++)
        {
            NodeValidation.Toleration(at.Field("tolerations").Index(i), spec.Tolerations[i]);
        }

        if (!string.IsNullOrEmpty(spec.PriorityClassName))
        {
            at.Field("priorityClassName").Name(spec.PriorityClassName, Names.Dns1123Subdomain);
        }

        if (spec.PreemptionPolicy is { } policy and not (PreemptionPolicies.Never or PreemptionPolicies.PreemptLowerPriority))
        {
            at.Field("preemptionPolicy").Unsupported($"{Quoted.Text(policy)}: one of {PreemptionPolicies.PreemptLowerPriority}, {PreemptionPolicies.Never}");
        }

        Optional(at.Field("hostname"), spec.Hostname);
        Optional(at.Field("subdomain"), spec.Subdomain);
        if (spec.ShareProcessNamespace == true && spec.HostPID)
        {
            at.Field("shareProcessNamespace").Invalid(true, "ShareProcessNamespace and HostPID cannot both be enabled");
        }

        HostUsers(at, spec);
        SecurityValidation.Pod(at.Field("securityContext"), spec.SecurityContext);
        SysctlValidation.Validate(at.Field("securityContext").Field("sysctls"), spec);
        HostAliases(at.Field("hostAliases"), spec.HostAliases);
        Dns(at, spec);

        void Containers(ErrorList list, IReadOnlyList<Container> all, Action<ErrorList, Container, IReadOnlySet<string>, PodSpec> validate)
        {
            for (var i = 0; i < all.Count; i++)
            {
                validate(list.Index(i), all[i], volumes, spec);
                if (all[i].Name.Length > 0 && !names.Add(all[i].Name))
                {
                    list.Index(i).Field("name").Duplicate(all[i].Name);
                }
            }
        }
    }

    private static void HostUsers(ErrorList at, PodSpec spec)
    {
        if (spec.HostUsers != false)
        {
            return;
        }

        foreach (var (name, shared) in new[] { ("hostNetwork", spec.HostNetwork), ("hostPID", spec.HostPID), ("hostIPC", spec.HostIPC) })
        {
            if (shared)
            {
                at.Field(name).Forbidden("when `hostUsers` is false");
            }
        }

        Outward(at.Field("initContainers"), spec.InitContainers);
        Outward(at.Field("containers"), spec.Containers);
        Outward(at.Field("ephemeralContainers"), spec.EphemeralContainers);
    }

    // Kubernetes lets it pass; the kernel keeps the mounts of a user namespace in it, so it would be ignored.
    private static void Outward(ErrorList at, IReadOnlyList<Container> containers)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            for (var j = 0; j < containers[i].VolumeMounts.Count; j++)
            {
                if (containers[i].VolumeMounts[j].MountPropagation == "Bidirectional")
                {
                    at.Index(i).Field("volumeMounts").Index(j).Field("mountPropagation").Forbidden("Bidirectional is not possible when `hostUsers` is false: mounts made in a user namespace stay in it");
                }
            }
        }
    }

    private static void Optional(ErrorList at, string? label)
    {
        if (!string.IsNullOrEmpty(label))
        {
            at.Name(label, Names.Dns1123Label);
        }
    }

    private static void HostAliases(ErrorList at, IReadOnlyList<HostAlias> aliases)
    {
        for (var i = 0; i < aliases.Count; i++)
        {
            Address(at.Index(i).Field("ip"), aliases[i].Ip);
            for (var j = 0; j < aliases[i].Hostnames.Count; j++)
            {
                at.Index(i).Field("hostnames").Index(j).Name(aliases[i].Hostnames[j], Names.Dns1123Subdomain);
            }
        }
    }

    private static void Dns(ErrorList at, PodSpec spec)
    {
        var config = at.Field("dnsConfig");
        if (spec.DnsPolicy == DnsPolicies.None && spec.DnsConfig is null)
        {
            config.Required("must provide `dnsConfig` when `dnsPolicy` is None");
        }

        if (spec.DnsConfig is not { } dns)
        {
            return;
        }

        if (spec.DnsPolicy == DnsPolicies.None && dns.Nameservers.Count == 0)
        {
            config.Field("nameservers").Required("must provide at least one DNS nameserver when `dnsPolicy` is None");
        }

        if (dns.Nameservers.Count > 3)
        {
            config.Field("nameservers").Invalid(string.Join(' ', dns.Nameservers), "must not have more than 3 nameservers");
        }

        for (var i = 0; i < dns.Nameservers.Count; i++)
        {
            Address(config.Field("nameservers").Index(i), dns.Nameservers[i]);
        }

        var searches = config.Field("searches");
        if (dns.Searches.Count > 32)
        {
            searches.Invalid(dns.Searches.Count, "must not have more than 32 search paths");
        }

        if (string.Join(' ', dns.Searches).Length > 2048)
        {
            searches.Invalid(dns.Searches.Count, "must not have more than 2048 characters (including spaces) in the search list");
        }

        for (var i = 0; i < dns.Searches.Count; i++)
        {
            // A trailing dot marks a full name; underscores occur in service names.
            var domain = dns.Searches[i] is { Length: > 1 } long1 && long1[^1] == '.' ? long1[..^1] : dns.Searches[i];
            if (domain != ".")
            {
                searches.Index(i).Name(domain, d => Names.Dns1123Subdomain(d.Replace('_', 'x')));
            }
        }

        for (var i = 0; i < dns.Options.Count; i++)
        {
            var option = config.Field("options").Index(i);
            if (dns.Options[i].Name.Length == 0)
            {
                option.Required("must not be empty");
            }
            else if ((dns.Options[i].Name + dns.Options[i].Value).Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            {
                // The option becomes part of a line of resolv.conf.
                option.Invalid(dns.Options[i].Name, "must not contain whitespace or control characters");
            }
        }
    }

    private static void Address(ErrorList at, string text)
    {
        if (!IPAddress.TryParse(text, out var address) || address.ToString() != text && !text.Contains(':', StringComparison.Ordinal)
            || text.Contains('%', StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal))
        {
            at.Invalid(text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        }
    }
}

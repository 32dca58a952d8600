using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Services;

/// <summary>Checks Services as Kubernetes does.</summary>
public static class ServiceValidation
{
    private const int LongestAffinity = 86400;

    /// <summary>What is wrong with one that has its defaults; empty when nothing is. Whether its address and ports are free is not asked here.</summary>
    public static IReadOnlyList<FieldError> Validate(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), service.Metadata, namespaced: true, labelName: true);
        if (service.Metadata.Name.Length > 0 && Names.Dns1123Label(service.Metadata.Name) is null && Names.Dns1035Label(service.Metadata.Name) is { } complaint)
        {
            at.Field("metadata").Field("name").Invalid(service.Metadata.Name, complaint);
        }

        var spec = at.Field("spec");
        ByType(spec, service.Spec);
        Ports(spec.Field("ports"), service.Spec);
        MetadataValidation.Labels(spec.Field("selector"), service.Spec.Selector);
        Affinity(spec, service.Spec);
        Addresses(spec, service.Spec);
        if (service.Spec.ExternalTrafficPolicy is { Length: > 0 } policy && !HasNodePorts(service.Spec.Type))
        {
            spec.Field("externalTrafficPolicy").Invalid(policy, "may only be set for externally-accessible services");
        }

        if (service.Spec.AllocateLoadBalancerNodePorts is not null && service.Spec.Type != ServiceTypeNames.LoadBalancer)
        {
            spec.Field("allocateLoadBalancerNodePorts").Forbidden("may only be used when `type` is 'LoadBalancer'");
        }

        spec.Field("loadBalancerIP").Plain(service.Spec.LoadBalancerIP);
        spec.Field("loadBalancerClass").Plain(service.Spec.LoadBalancerClass);
        spec.Field("trafficDistribution").Plain(service.Spec.TrafficDistribution);
        return errors;
    }

    /// <summary>What a change would touch that may not change.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(Service before, Service after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var errors = new List<FieldError>();
        if (before.Spec.Type != ServiceTypeNames.ExternalName && after.Spec.Type != ServiceTypeNames.ExternalName
            && before.Spec.ClusterIP is { Length: > 0 } && before.Spec.ClusterIP != after.Spec.ClusterIP)
        {
            new ErrorList(errors, "spec.clusterIPs[0]").Invalid(after.Spec.ClusterIP ?? "", "may not change once set");
        }

        return errors;
    }

    /// <summary>Whether Services of a type may have node ports.</summary>
    internal static bool HasNodePorts(string? type) => type is ServiceTypeNames.NodePort or ServiceTypeNames.LoadBalancer;

    private static void ByType(ErrorList at, ServiceSpec spec)
    {
        if (spec.Type == ServiceTypeNames.ExternalName)
        {
            if (spec.ClusterIP is { Length: > 0 })
            {
                at.Field("clusterIPs").Forbidden("may not be set for ExternalName services");
            }

            // A final dot is the root of all names.
            var name = spec.ExternalName ?? "";
            at.Field("externalName").Name(name.EndsWith('.') ? name[..^1] : name, Names.Dns1123Subdomain);
            return;
        }

        if (spec.IsHeadless && HasNodePorts(spec.Type))
        {
            at.Field("clusterIPs").Index(0).Invalid(ServiceSpec.Headless, $"may not be set to 'None' for {spec.Type} services");
        }

        if (spec.ExternalName is { Length: > 0 })
        {
            at.Field("externalName").Forbidden("may only be set for ExternalName services");
        }

        if (spec.Ports.Count == 0 && !spec.IsHeadless)
        {
            at.Field("ports").Required();
        }
    }

    private static void Ports(ErrorList at, ServiceSpec spec)
    {
        var names = new HashSet<string>();
        var ports = new HashSet<(int, string?)>();
        var nodePorts = new HashSet<(int, string?)>();
        for (var i = 0; i < spec.Ports.Count; i++)
        {
            var port = spec.Ports[i];
            var one = at.Index(i);
            if (string.IsNullOrEmpty(port.Name))
            {
                if (spec.Ports.Count > 1)
                {
                    one.Field("name").Required();
                }
            }
            else if (Names.Dns1123Label(port.Name) is { } complaint)
            {
                one.Field("name").Invalid(port.Name, complaint);
            }
            else if (!names.Add(port.Name))
            {
                one.Field("name").Duplicate(port.Name);
            }

            one.Field("port").Range(port.Port, 1, 65535);
            if (!ports.Add((port.Port, port.Protocol)))
            {
                one.Duplicate($"{port.Port}/{port.Protocol}");
            }

            Target(one.Field("targetPort"), port);
            if (port.AppProtocol is { Length: > 0 } application && Names.QualifiedName(application) is { } wrong)
            {
                one.Field("appProtocol").Invalid(application, wrong);
            }

            if (port.NodePort is { } node and not 0)
            {
                NodePort(one.Field("nodePort"), node, spec.Type, nodePorts.Add((node, port.Protocol)));
            }
        }
    }

    private static void Target(ErrorList at, ServicePort port)
    {
        if (port.TargetPort is not { } target)
        {
            return;
        }

        if (!target.IsText)
        {
            at.Range(target.Number, 1, 65535);
        }
        else if (Names.PortName(target.Text!) is { } complaint)
        {
            at.Invalid(target.Text, complaint);
        }
    }

    private static void NodePort(ErrorList at, int port, string? type, bool isNew)
    {
        at.Range(port, 1, 65535);
        if (!HasNodePorts(type))
        {
            at.Forbidden($"may not be used when `type` is '{type}'");
        }
        else if (!isNew)
        {
            at.Duplicate(port);
        }
    }

    private static void Affinity(ErrorList at, ServiceSpec spec)
    {
        if (spec.SessionAffinity != SessionAffinities.ClientIP)
        {
            if (spec.SessionAffinityConfig is not null)
            {
                at.Field("sessionAffinityConfig").Forbidden($"must not be set when session affinity is {SessionAffinities.None}");
            }

            return;
        }

        var timeout = at.Field("sessionAffinityConfig").Field("clientIP").Field("timeoutSeconds");
        if (spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is not { } seconds)
        {
            timeout.Required($"must be set when session affinity is {SessionAffinities.ClientIP}");
        }
        else if (seconds is <= 0 or > LongestAffinity)
        {
            timeout.Invalid(seconds, $"must be greater than 0 and less than {LongestAffinity}");
        }
    }

    private static void Addresses(ErrorList at, ServiceSpec spec)
    {
        var list = at.Field("clusterIPs");
        if (spec.ClusterIPs.Count > 1)
        {
            list.Invalid(string.Join(',', spec.ClusterIPs), "may hold one address: Services have IPv4 alone");
        }
        else if (spec.ClusterIPs is [var first] && first != (spec.ClusterIP ?? ""))
        {
            list.Invalid(first, "first value must match `clusterIP`");
        }
        else if (spec.ClusterIP is { Length: > 0 } address and not ServiceSpec.Headless && spec.Type != ServiceTypeNames.ExternalName && !IsIPv4(address))
        {
            list.Index(0).Invalid(address, "must be a valid IPv4 address, or 'None'");
        }

        for (var i = 1; i < spec.IpFamilies.Count; i++)
        {
            at.Field("ipFamilies").Index(i).Duplicate(spec.IpFamilies[i]);
        }
    }

    /// <summary>Whether this is an IPv4 address in its usual form, without leading zeros or missing parts.</summary>
    internal static bool IsIPv4(string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text;
}

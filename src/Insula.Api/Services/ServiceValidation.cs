using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
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

        LoadBalancer(spec, service.Spec);
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

        // A second one may come, and go with the policy that asked for it.
        if (before.Spec.Addresses.Count > 1 && after.Spec.Addresses.Count > 1 && before.Spec.Addresses[1] != after.Spec.Addresses[1])
        {
            new ErrorList(errors, "spec.clusterIPs[1]").Invalid(after.Spec.Addresses[1], "may not change once set");
        }

        if (before.Spec.Type == ServiceTypeNames.LoadBalancer && after.Spec.Type == ServiceTypeNames.LoadBalancer
            && (before.Spec.LoadBalancerClass ?? "") != (after.Spec.LoadBalancerClass ?? ""))
        {
            new ErrorList(errors, "spec.loadBalancerClass").Invalid(after.Spec.LoadBalancerClass ?? "", "may not change once set");
        }

        if (before.Spec.NeedsHealthCheckPort && after.Spec.NeedsHealthCheckPort && before.Spec.HealthCheckNodePort is > 0
            && before.Spec.HealthCheckNodePort != after.Spec.HealthCheckNodePort)
        {
            new ErrorList(errors, "spec.healthCheckNodePort").Forbidden("field is immutable");
        }

        return errors;
    }

    /// <summary>What a change of the status would touch that is the daemon's alone: where its own load balancers lead is believed.</summary>
    public static IReadOnlyList<FieldError> ValidateStatusUpdate(Service before, Service after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "status.loadBalancer");
        var (old, now) = (before.Status.LoadBalancer.Ingress, after.Status.LoadBalancer.Ingress);
        if (JsonNode.DeepEquals(Json.ApiJson.ToJson(before.Status.LoadBalancer), Json.ApiJson.ToJson(after.Status.LoadBalancer)))
        {
            return errors;
        }

        if (after.Spec.Type != ServiceTypeNames.LoadBalancer && now.Count > 0)
        {
            at.Field("ingress").Forbidden("may only be used when `spec.type` is \"LoadBalancer\"");
        }
        else if (BalancerClasses.IsOwn(after.Spec.LoadBalancerClass))
        {
            at.Forbidden("is the daemon's: a load balancer that is not a part of it has a `loadBalancerClass` of its own");
        }

        for (var i = 0; i < now.Count; i++)
        {
            var one = at.Field("ingress").Index(i);
            if (now[i].Ip is { Length: > 0 } address && !IPAddress.TryParse(address, out _))
            {
                one.Field("ip").Invalid(address, "must be a valid IP address");
            }

            if (now[i].Hostname is { Length: > 0 } name)
            {
                one.Field("hostname").Name(name, Names.Dns1123Subdomain);
            }

            for (var j = 0; j < now[i].Ports.Count; j++)
            {
                one.Field("ports").Index(j).Field("port").Range(now[i].Ports[j].Port, 1, 65535);
                one.Field("ports").Index(j).Field("error").Plain(now[i].Ports[j].Error);
            }
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

    private static void LoadBalancer(ErrorList at, ServiceSpec spec)
    {
        const string only = "may only be used when `type` is 'LoadBalancer'";
        var balanced = spec.Type == ServiceTypeNames.LoadBalancer;
        if (spec.AllocateLoadBalancerNodePorts is not null && !balanced)
        {
            at.Field("allocateLoadBalancerNodePorts").Forbidden(only);
        }

        if (spec.LoadBalancerClass is { Length: > 0 } name && !balanced)
        {
            at.Field("loadBalancerClass").Forbidden(only);
        }
        else if (spec.LoadBalancerClass is { Length: > 0 } given && Names.QualifiedName(given) is { } complaint)
        {
            at.Field("loadBalancerClass").Invalid(given, complaint);
        }
        else if (spec.LoadBalancerClass is { Length: > 0 } ours && BalancerClasses.IsOwn(ours) && ours is not (BalancerClasses.Host or BalancerClasses.Pool or BalancerClasses.Exec))
        {
            at.Field("loadBalancerClass").Invalid(ours, $"is none of the daemon's: {BalancerClasses.Host}, {BalancerClasses.Pool}, {BalancerClasses.Exec}");
        }

        if (spec.LoadBalancerSourceRanges.Count > 0 && !balanced)
        {
            at.Field("loadBalancerSourceRanges").Forbidden(only);
        }

        for (var i = 0; i < spec.LoadBalancerSourceRanges.Count; i++)
        {
            if (!IPNetwork.TryParse(spec.LoadBalancerSourceRanges[i].Trim(), out _))
            {
                at.Field("loadBalancerSourceRanges").Index(i).Invalid(spec.LoadBalancerSourceRanges[i], "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
            }
        }

        at.Field("loadBalancerIP").Plain(spec.LoadBalancerIP);
        if (spec.HealthCheckNodePort is not { } port || port == 0)
        {
            return;
        }

        if (!spec.NeedsHealthCheckPort)
        {
            at.Field("healthCheckNodePort").Invalid(port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }
        else
        {
            at.Field("healthCheckNodePort").Range(port, 1, 65535);
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
                if (node == spec.HealthCheckNodePort && port.Protocol == Protocols.TCP)
                {
                    one.Field("nodePort").Invalid(node, "is the `healthCheckNodePort`");
                }

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
        const string several = "may be 'RequireDualStack' or 'PreferDualStack' when there are two families";
        var list = at.Field("clusterIPs");
        if (spec.ClusterIPs.Count > 2)
        {
            list.Invalid(string.Join(',', spec.ClusterIPs), "may only hold up to 2 addresses, one of each family");
        }
        else if (spec.ClusterIPs is [var first, ..] && first != (spec.ClusterIP ?? ""))
        {
            list.Invalid(first, "first value must match `clusterIP`");
        }
        else if (spec.Type != ServiceTypeNames.ExternalName)
        {
            Each(list, spec);
        }

        if (spec.IpFamilyPolicy == IPFamilyPolicies.SingleStack && (spec.IpFamilies.Count > 1 || spec.ClusterIPs.Count > 1))
        {
            at.Field("ipFamilyPolicy").Invalid(spec.IpFamilyPolicy, several);
        }

        for (var i = 1; i < spec.IpFamilies.Count; i++)
        {
            if (spec.IpFamilies.Take(i).Contains(spec.IpFamilies[i]))
            {
                at.Field("ipFamilies").Index(i).Duplicate(spec.IpFamilies[i]);
            }
        }
    }

    private static void Each(ErrorList at, ServiceSpec spec)
    {
        var families = new HashSet<string>();
        for (var i = 0; i < spec.ClusterIPs.Count; i++)
        {
            var address = spec.ClusterIPs[i];
            if (address == ServiceSpec.Headless)
            {
                if (spec.ClusterIPs.Count > 1)
                {
                    at.Invalid(string.Join(',', spec.ClusterIPs), "'None' must be the first and only value");
                }
            }
            else if (IPFamilies.Of(address) is not { } family)
            {
                at.Index(i).Invalid(address, "must be a valid IP address in its usual form, such as 10.43.0.7 or fd43::7, or 'None'");
            }
            else if (i < spec.IpFamilies.Count && spec.IpFamilies[i] != family)
            {
                at.Index(i).Invalid(address, $"expected an {spec.IpFamilies[i]} value as indicated by `ipFamilies[{i}]`");
            }
            else if (!families.Add(family))
            {
                at.Invalid(string.Join(',', spec.ClusterIPs), "may hold one address of each family");
            }
        }
    }

    /// <summary>Whether this is an IPv4 address in its usual form, without leading zeros or missing parts.</summary>
    internal static bool IsIPv4(string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text;
}

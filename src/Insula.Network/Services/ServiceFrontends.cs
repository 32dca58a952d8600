using Insula.Api.Core;
using Insula.Api.Services;

namespace Insula.Network.Services;

/// <summary>What a Service's and a pod's manifest mean to the kernel. Pure.</summary>
public static class ServiceFrontends
{
    /// <summary>The frontends of a Service.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="nodeName">This machine's name.</param>
    /// <param name="alone">Whether addresses of load balancers are for Services alone, and not the machine's otherwise, too.</param>
    public static IReadOnlyList<FrontendTargets> Of(Service service, IReadOnlyList<PortedEndpoints> endpoints, string nodeName, bool alone = false)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(endpoints);
        var spec = service.Spec;
        if (!spec.HasAddress)
        {
            return [];
        }

        var affinity = spec.SessionAffinity == SessionAffinities.ClientIP
            ? spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? SessionAffinities.DefaultTimeoutSeconds
            : (int?)null;
        var frontends = new List<FrontendTargets>();
        foreach (var port in spec.Ports)
        {
            foreach (var address in spec.Addresses)
            {
                var within = Targets(IPFamilies.Of(address), port, endpoints, spec.InternalTrafficPolicy == TrafficPolicies.Local ? nodeName : null);
                frontends.Add(new(new(address, port.Protocol, port.Port), FrontendKind.ServiceAddress, within, affinity));
            }

            IReadOnlyList<Target> Outside(string? family) => Targets(family, port, endpoints, spec.ExternalTrafficPolicy == TrafficPolicies.Local ? nodeName : null);
            if (port.NodePort is { } node and > 0)
            {
                frontends.AddRange(spec.Families.Select(family => new FrontendTargets(
                    new(family == IPFamilies.IPv6 ? PackedAddress.AnyV6 : PackedAddress.AnyV4, Frontend.NumberOf(port.Protocol), (ushort)node), FrontendKind.NodePort,
                    Outside(family), affinity)));
            }

            frontends.AddRange(Balanced(service, port).Select(address => new FrontendTargets(
                new(address, port.Protocol, port.Port), FrontendKind.Balancer, Outside(IPFamilies.Of(address)), affinity)
            {
                Sources = SourceRanges.Of(spec, IPFamilies.Of(address)!),
                IsForServicesAlone = alone,
            }));
        }

        return frontends;
    }

    /// <summary>The number of ready endpoints that are pods of this machine: what a load balancer asks for (as kube-proxy counts them).</summary>
    public static int LocalEndpoints(IReadOnlyList<PortedEndpoints> endpoints, string nodeName)
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        // A pod with two addresses is one.
        return endpoints.GroupBy(g => g.Family).Select(family => family.SelectMany(g => g.Endpoints)
            .Where(e => e.NodeName == nodeName && e.Conditions.Ready != false).SelectMany(e => e.Addresses.Take(1)).Distinct().Count()).DefaultIfEmpty().Max();
    }

    /// <summary>
    /// The addresses that the daemon's own load balancers gave a port of it, and at which packets come here as they were sent. What others say of
    /// theirs is not believed: they reach it by its node ports. A port that is wanted but not given yet may be another's.
    /// </summary>
    private static IEnumerable<string> Balanced(Service service, ServicePort port) =>
        service.Spec.Type != ServiceTypeNames.LoadBalancer || !BalancerClasses.IsOwn(service.Spec.LoadBalancerClass) ? [] :
            service.Status.LoadBalancer.Ingress.Where(i => i.IpMode != IpModes.Proxy && i.Ip is { } ip && IPFamilies.Of(ip) is { } family && service.Spec.Families.Contains(family)
                && i.Ports.Any(p => p.Port == port.Port && p.Protocol == (port.Protocol ?? Protocols.TCP) && p.Error is null)).Select(i => i.Ip!).Distinct();

    /// <summary>The frontends of a pod's host ports.</summary>
    public static IReadOnlyList<FrontendTargets> Of(PodFacts pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return
        [
            .. from port in pod.HostPorts
               from family in (string[])[IPFamilies.IPv4, IPFamilies.IPv6]
               where pod.AddressOf(family) is not null && (port.HostIP is null || IPFamilies.Of(port.HostIP) == family)
               select new FrontendTargets(
                   new(port.HostIP ?? (family == IPFamilies.IPv6 ? "::" : "0.0.0.0"), port.Protocol, port.HostPort), FrontendKind.HostPort,
                   [new(PackedAddress.Parse(pod.AddressOf(family)!), (ushort)port.Port)], null),
        ];
    }

    /// <summary>Those of a family that are ready; when none is, those that are about to end but still serve.</summary>
    private static IReadOnlyList<Target> Targets(string? family, ServicePort port, IReadOnlyList<PortedEndpoints> endpoints, string? onlyOn)
    {
        var ready = new SortedSet<(PackedAddress, ushort)>();
        var serving = new SortedSet<(PackedAddress, ushort)>();
        foreach (var group in endpoints.Where(g => g.Family == family))
        {
            if (group.Ports.FirstOrDefault(p => (p.Name ?? "") == (port.Name ?? "") && (p.Protocol ?? Protocols.TCP) == (port.Protocol ?? Protocols.TCP)) is not { Port: { } number })
            {
                continue;
            }

            foreach (var endpoint in group.Endpoints.Where(e => onlyOn is null || e.NodeName == onlyOn))
            {
                // What was stored before it was checked like this is passed over.
                if (IPFamilies.Of(endpoint.Addresses[0]) != family)
                {
                    continue;
                }

                var target = (PackedAddress.Parse(endpoint.Addresses[0]), (ushort)number);
                if (endpoint.Conditions.Ready != false)
                {
                    ready.Add(target);
                }
                else if (endpoint.Conditions.Serving == true && endpoint.Conditions.Terminating == true)
                {
                    serving.Add(target);
                }
            }
        }

        return [.. (ready.Count > 0 ? ready : serving).Select(t => new Target(t.Item1, t.Item2))];
    }
}

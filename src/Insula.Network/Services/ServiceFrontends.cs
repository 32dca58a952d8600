using System.Net;
using System.Net.Sockets;
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
            var within = Targets(port, endpoints, spec.InternalTrafficPolicy == TrafficPolicies.Local ? nodeName : null);
            frontends.Add(new(new(spec.ClusterIP!, port.Protocol, port.Port), FrontendKind.ServiceAddress, within, affinity));
            var outside = Targets(port, endpoints, spec.ExternalTrafficPolicy == TrafficPolicies.Local ? nodeName : null);
            if (port.NodePort is { } node and > 0)
            {
                frontends.Add(new(new(0, Frontend.NumberOf(port.Protocol), (ushort)node), FrontendKind.NodePort, outside, affinity));
            }

            frontends.AddRange(Balanced(service, port).Select(address => new FrontendTargets(new(address, port.Protocol, port.Port), FrontendKind.Balancer, outside, affinity)
            {
                Sources = SourceRanges.Of(spec),
                IsForServicesAlone = alone,
            }));
        }

        return frontends;
    }

    /// <summary>The number of ready endpoints that are pods of this machine: what a load balancer asks for (as kube-proxy counts them).</summary>
    public static int LocalEndpoints(IReadOnlyList<PortedEndpoints> endpoints, string nodeName)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.SelectMany(g => g.Endpoints).Where(e => e.NodeName == nodeName && e.Conditions.Ready != false).SelectMany(e => e.Addresses.Take(1)).Distinct().Count();
    }

    /// <summary>
    /// The addresses that the daemon's own load balancers gave a port of it, and at which packets come here as they were sent. What others say of
    /// theirs is not believed: they reach it by its node ports. A port that is wanted but not given yet may be another's.
    /// </summary>
    private static IEnumerable<string> Balanced(Service service, ServicePort port) =>
        service.Spec.Type != ServiceTypeNames.LoadBalancer || !BalancerClasses.IsOwn(service.Spec.LoadBalancerClass) ? [] :
            service.Status.LoadBalancer.Ingress.Where(i => i.IpMode != IpModes.Proxy && i.Ip is { } ip
                && IPAddress.TryParse(ip, out var address) && address.AddressFamily == AddressFamily.InterNetwork
                && i.Ports.Any(p => p.Port == port.Port && p.Protocol == (port.Protocol ?? Protocols.TCP) && p.Error is null)).Select(i => i.Ip!).Distinct();

    /// <summary>The frontends of a pod's host ports.</summary>
    public static IReadOnlyList<FrontendTargets> Of(PodFacts pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Address is not { } address ? [] :
        [
            .. pod.HostPorts.Select(p => new FrontendTargets(
                p.HostIP is { } at ? new(at, p.Protocol, p.HostPort) : new(0, Frontend.NumberOf(p.Protocol), (ushort)p.HostPort),
                FrontendKind.HostPort, [new(Frontend.NumberOf(IPAddress.Parse(address)), (ushort)p.Port)], null)),
        ];
    }

    /// <summary>Those that are ready; when none is, those that are about to end but still serve.</summary>
    private static IReadOnlyList<Target> Targets(ServicePort port, IReadOnlyList<PortedEndpoints> endpoints, string? onlyOn)
    {
        var ready = new SortedSet<(uint, ushort)>();
        var serving = new SortedSet<(uint, ushort)>();
        foreach (var group in endpoints)
        {
            if (group.Ports.FirstOrDefault(p => (p.Name ?? "") == (port.Name ?? "") && (p.Protocol ?? Protocols.TCP) == (port.Protocol ?? Protocols.TCP)) is not { Port: { } number })
            {
                continue;
            }

            foreach (var endpoint in group.Endpoints.Where(e => onlyOn is null || e.NodeName == onlyOn))
            {
                if (!IPAddress.TryParse(endpoint.Addresses[0], out var address) || address.AddressFamily != AddressFamily.InterNetwork)
                {
                    continue;
                }

                var target = (Frontend.NumberOf(address), (ushort)number);
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

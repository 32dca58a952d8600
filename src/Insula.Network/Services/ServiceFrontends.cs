using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;

namespace Insula.Network.Services;

/// <summary>What a Service's and a pod's manifest mean to the kernel. Pure.</summary>
public static class ServiceFrontends
{
    /// <summary>The frontends of a Service.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="nodeName">This machine's name.</param>
    public static IReadOnlyList<FrontendTargets> Of(Service service, IReadOnlyList<PortedEndpoints> endpoints, string nodeName)
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
            if (port.NodePort is { } node and > 0)
            {
                var outside = Targets(port, endpoints, spec.ExternalTrafficPolicy == TrafficPolicies.Local ? nodeName : null);
                frontends.Add(new(new(0, Frontend.NumberOf(port.Protocol), (ushort)node), FrontendKind.NodePort, outside, affinity));
            }
        }

        return frontends;
    }

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

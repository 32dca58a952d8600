using Insula.Api.Core;
using Insula.Api.Services;
using Insula.Network.Services;

namespace Insula.Pods.Admission;

/// <summary>Ports of the machine, which one pod at a time can have. Pure.</summary>
internal static class HostPorts
{
    private const string AnyAddress = "0.0.0.0";

    /// <summary>Why a pod cannot have its host ports; null when it can. Of two pods that want the same the older has it, until it has ended.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="others">All pods that have host ports.</param>
    /// <param name="services">Services that have ports of this machine, as they are now; asked for only when the pod wants some.</param>
    /// <param name="claimed">Which Service is about to have a node port.</param>
    /// <param name="own">Addresses of this machine that are not a Service's alone.</param>
    public static string? Conflict(Pod pod, IEnumerable<Pod> others, Func<IEnumerable<Service>> services, Func<int, string, string?> claimed, IReadOnlyCollection<string> own)
    {
        var wanted = Of(pod).ToList();
        if (wanted.Count == 0)
        {
            return null;
        }

        foreach (var other in others.Where(o => IsOlder(o, pod) && o.Status.Phase is not (PodPhases.Succeeded or PodPhases.Failed)))
        {
            foreach (var (port, protocol, address) in Of(other))
            {
                if (wanted.Any(w => w.Port == port && w.Protocol == protocol && (w.Address == address || w.Address == AnyAddress || address == AnyAddress)))
                {
                    return $"the port {port}/{protocol} of this machine is taken by the pod {other.Metadata.Namespace}/{other.Metadata.Name}";
                }
            }
        }

        foreach (var (port, protocol, _) in wanted)
        {
            if (claimed(port, protocol) is { } service)
            {
                return NodePort(port, protocol, service);
            }
        }

        foreach (var service in services())
        {
            // A node port is at all addresses.
            if (ServiceAllocator.PortsOf(service).Intersect(wanted.Select(w => (w.Port, w.Protocol))).ToList() is [var (nodePort, transport), ..])
            {
                return NodePort(nodePort, transport, $"{service.Metadata.Namespace}/{service.Metadata.Name}");
            }

            // The daemon's own load balancers alone take ports of this machine.
            if (service.Spec.Type != ServiceTypeNames.LoadBalancer || !BalancerClasses.IsOwn(service.Spec.LoadBalancerClass))
            {
                continue;
            }

            foreach (var ingress in service.Status.LoadBalancer.Ingress.Where(i => i.Ip is not null))
            {
                // A port of all addresses is one of the machine's own, and not of those that Services have from a pool.
                if (wanted.Where(w => w.Address == ingress.Ip || (w.Address == AnyAddress && own.Contains(ingress.Ip!)))
                    .Select(w => (w.Port, w.Protocol)).Intersect(ingress.Ports.Select(p => (p.Port, p.Protocol ?? Protocols.TCP))).ToList() is [var (port, protocol), ..])
                {
                    return $"the port {port}/{protocol} of {ingress.Ip} is taken by the Service {service.Metadata.Namespace}/{service.Metadata.Name}";
                }
            }
        }

        return null;
    }

    private static string NodePort(int port, string protocol, string service) => $"the port {port}/{protocol} of this machine is taken by the Service {service} as a node port";

    private static IEnumerable<(int Port, string Protocol, string Address)> Of(Pod pod) =>
        pod.Spec.InitContainers.Where(c => c.RestartPolicy == RestartPolicies.Always).Concat(pod.Spec.Containers).SelectMany(c => c.Ports).Where(p => p.HostPort is > 0)
            .Select(p => (p.HostPort!.Value, p.Protocol ?? Protocols.TCP, string.IsNullOrEmpty(p.HostIP) ? AnyAddress : p.HostIP));

    // Who has begun keeps what it has. The times have seconds; of the same second the uid decides, for both alike.
    private static bool IsOlder(Pod one, Pod other) =>
        one.Metadata.Uid != other.Metadata.Uid
        && ((one.Status.StartTime is null) != (other.Status.StartTime is null) ? one.Status.StartTime is not null : (one.Metadata.CreationTimestamp ?? default).CompareTo(other.Metadata.CreationTimestamp ?? default) is var order && order != 0
            ? order < 0 : string.CompareOrdinal(one.Metadata.Uid, other.Metadata.Uid) < 0);
}

using System.Net;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Network.Balancers;
using Insula.Network.Services;
using Insula.Store;
using Insulad.Services;

namespace Insulad.Balancers;

/// <summary>Who has ports of this machine, as the store has it.</summary>
internal static class PortHolders
{
    /// <summary>The Services of some classes that have load balancers, and where.</summary>
    public static IEnumerable<(BalancerName Service, IReadOnlyList<string> Addresses)> Addresses(IObjectStore store, Func<string?, bool> isOf) =>
        from item in store.List(ServiceIndex.Services, null).Items
        let service = ApiJson.Read<Service>(item.Json.Span)
        where service.Spec.Type == ServiceTypeNames.LoadBalancer && isOf(service.Spec.LoadBalancerClass) && service.Status.LoadBalancer.Ingress.Count > 0
        select (BalancerRequest.NameOf(service), (IReadOnlyList<string>)[.. service.Status.LoadBalancer.Ingress.Select(i => i.Ip ?? "")]);

    /// <summary>Who has a port of an address, for people; null for nobody but who asks.</summary>
    public static string? Of(IObjectStore store, BalancerName asking, IPAddress address, BalancerPort port)
    {
        foreach (var item in store.List(ServiceIndex.Services, null).Items.Where(i => i.Uid != asking.Uid))
        {
            var service = ApiJson.Read<Service>(item.Json.Span);
            if (ServiceAllocator.PortsOf(service).Contains((port.Port, port.Protocol)))
            {
                return $"the Service {item.Key.Namespace}/{item.Key.Name} as a node port";
            }

            if (service.Status.LoadBalancer.Ingress.Any(i => i.Ip == address.ToString() && i.Ports.Any(p => p.Port == port.Port && p.Protocol == port.Protocol)))
            {
                return $"the Service {item.Key.Namespace}/{item.Key.Name}";
            }
        }

        var at = PackedAddress.Of(address);
        return Pod(store, pod => PodFacts.Of(pod).HostPorts.Any(h => h.HostPort == port.Port && h.Protocol == port.Protocol
            && (h.HostIP is null || PackedAddress.Parse(h.HostIP) is var host && (host == at || (host.IsAny && host.IsV6 == at.IsV6))))) is { } holder
            ? $"the pod {holder} as a host port" : null;
    }

    /// <summary>Which pod has a host port, at whichever address, as namespace and name; null for none.</summary>
    public static string? Pod(IObjectStore store, int port, string protocol) => Pod(store, pod =>
        pod.Spec.InitContainers.Concat(pod.Spec.Containers).SelectMany(c => c.Ports).Any(p => p.HostPort == port && (p.Protocol ?? Protocols.TCP) == protocol));

    private static string? Pod(IObjectStore store, Func<Pod, bool> has)
    {
        foreach (var item in store.List(ServiceIndex.Pods, null).Items.Where(i => i.Json.Span.IndexOf("\"hostPort\""u8) >= 0))
        {
            var pod = ApiJson.Read<Pod>(item.Json.Span);
            if (pod.Status.Phase is not (PodPhases.Succeeded or PodPhases.Failed) && has(pod))
            {
                return $"{item.Key.Namespace}/{item.Key.Name}";
            }
        }

        return null;
    }
}

using System.Net;
using Insula.Api.Core;
using Insula.Api.Ingresses;

namespace Insula.Ingresses.Model;

/// <summary>What a backend of an Ingress leads to at the moment.</summary>
internal static class BackendFinder
{
    /// <summary>The backend; one without endpoints when there is nothing it could lead to, and why.</summary>
    public static (Backend Backend, string? Problem) Find(IngressWorld world, string space, IngressServiceBackend wanted, IngressSettings settings)
    {
        var service = world.Service(space, wanted.Name);
        var port = service?.Spec.Ports.FirstOrDefault(p => wanted.Port.Name is { Length: > 0 } name ? p.Name == name : p.Port == wanted.Port.Number);
        var problem = service is null ? $"there is no Service {wanted.Name}"
            : service.Spec.Type == ServiceTypeNames.ExternalName ? $"the Service {wanted.Name} is an ExternalName: it has no pods"
            : port is null ? $"the Service {wanted.Name} has no port {wanted.Port}"
            : port.Protocol is not (null or Protocols.TCP) ? $"the port {wanted.Port} of the Service {wanted.Name} is not TCP"
            : null;
        var backend = new Backend
        {
            Name = BackendNames.Of(space, wanted, settings),
            Settings = settings,
            Protocol = port?.AppProtocol switch
            {
                "kubernetes.io/h2c" or "grpc" => BackendProtocol.Http2,
                "https" or "kubernetes.io/wss" => BackendProtocol.Https,
                _ => BackendProtocol.Http,
            },
            Sticky = service?.Spec.SessionAffinity == SessionAffinities.ClientIP,
            Endpoints = problem is null ? Endpoints(Slices(world, service!), port!.Name ?? "") : [],
        };
        return (backend, problem);
    }

    // A pod that has addresses of both families is one server: that of the Service's first one, unless there is none of it.
    private static IEnumerable<EndpointSlice> Slices(IngressWorld world, Service service)
    {
        var slices = world.Slices(service.Metadata.Namespace ?? "", service.Metadata.Name).Where(s => s.AddressType is IPFamilies.IPv4 or IPFamilies.IPv6).ToList();
        var family = service.Spec.Families.Concat([IPFamilies.IPv4, IPFamilies.IPv6]).FirstOrDefault(f => slices.Any(s => s.AddressType == f && s.Endpoints.Count > 0));
        return slices.Where(s => s.AddressType == family);
    }

    // Those that are ready; when none is, those that are about to end and still serve: better than nobody.
    private static List<IPEndPoint> Endpoints(IEnumerable<EndpointSlice> slices, string port)
    {
        var all = slices
            .SelectMany(s => s.Ports.Where(p => (p.Name ?? "") == port && p.Protocol is null or Protocols.TCP && p.Port is > 0 and <= 65535).Take(1), (slice, p) => (slice, Port: p.Port!.Value))
            .SelectMany(s => s.slice.Endpoints, (s, endpoint) => (endpoint.Conditions, Address: Address(endpoint.Addresses), s.Port))
            .Where(e => e.Address is not null)
            .ToList();
        var ready = all.Where(e => e.Conditions.Ready != false).ToList();
        return [.. (ready.Count > 0 ? ready : all.Where(e => e.Conditions is { Terminating: true, Serving: not false }))
            .Select(e => new IPEndPoint(e.Address!, e.Port)).Distinct()
            .OrderBy(e => Convert.ToHexString(e.Address.GetAddressBytes()), StringComparer.Ordinal).ThenBy(e => e.Port)];
    }

    // What listens on the proxy's own loopback is no pod, whoever wrote the slice.
    private static IPAddress? Address(IReadOnlyList<string> addresses) =>
        addresses.Count > 0 && IPAddress.TryParse(addresses[0], out var address) && !IPAddress.IsLoopback(address) && !address.IsIPv4MappedToIPv6
            && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !address.IsIPv6LinkLocal && address.GetAddressBytes()[0] != 0
            ? address : null;
}

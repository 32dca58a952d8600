using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;

namespace Insula.Network.Services;

/// <summary>A Service's endpoints as an object of the kind Endpoints, and the reverse for those made by hand. Pure.</summary>
public static class EndpointsObject
{
    /// <summary>Says who keeps an object of this kind up to date.</summary>
    public const string ManagedByLabel = "endpoints.kubernetes.io/managed-by";

    /// <summary>Its value at ours.</summary>
    public const string ManagedBy = "endpoint-controller";

    /// <summary>Says that not all addresses are in it.</summary>
    public const string TruncatedAnnotation = "endpoints.kubernetes.io/over-capacity";

    private const int MostAddresses = 1000;

    /// <summary>The subsets for these groups, of which those of the first one's family alone: whoever reads this kind expects one address of each pod. At most 1000 addresses, those that are ready first.</summary>
    /// <returns>The subsets, and whether addresses were left out.</returns>
    public static (IReadOnlyList<EndpointSubset> Subsets, bool Truncated) Subsets(IReadOnlyList<PortedEndpoints> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);

        // Whoever reads this kind knows no ending endpoints: they are left out.
        var all = groups.Where(g => g.Family == groups[0].Family).SelectMany(g => g.Endpoints, (g, e) => (Group: g, Endpoint: e))
            .Where(x => x.Endpoint.Conditions.Terminating != true || x.Endpoint.Conditions.Ready == true)
            .OrderBy(x => x.Endpoint.Conditions.Ready != true).ToList();
        var subsets = all.Take(MostAddresses).GroupBy(x => x.Group).Select(g => new EndpointSubset
        {
            Addresses = [.. g.Where(x => x.Endpoint.Conditions.Ready == true).Select(x => Address(x.Endpoint))],
            NotReadyAddresses = [.. g.Where(x => x.Endpoint.Conditions.Ready != true).Select(x => Address(x.Endpoint))],
            Ports = [.. g.Key.Ports.Select(p => p with { Name = p.Name is "" ? null : p.Name })],
        });
        return ([.. subsets], all.Count > MostAddresses);
    }

    /// <summary>The groups of Endpoints made by hand.</summary>
    public static IReadOnlyList<PortedEndpoints> Groups(Endpoints endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return
        [
            .. from subset in endpoints.Subsets
               from family in (string[])[IPFamilies.IPv4, IPFamilies.IPv6]
               let addresses = subset.Addresses.Select(a => (Address: a, Ready: true)).Concat(subset.NotReadyAddresses.Select(a => (Address: a, Ready: false)))
                   .Where(x => IPFamilies.Of(x.Address.Ip) == family).ToList()
               where addresses.Count > 0
               select new PortedEndpoints(
                   family, [.. subset.Ports.Select(p => p with { Name = p.Name ?? "", Protocol = p.Protocol ?? Protocols.TCP })],
                   [.. addresses.Select(x => Endpoint(x.Address, x.Ready))]),
        ];
    }

    /// <summary>The whole document.</summary>
    public static JsonObject Document(Service service, IReadOnlyList<PortedEndpoints> groups)
    {
        ArgumentNullException.ThrowIfNull(service);
        var (subsets, truncated) = Subsets(groups);
        var labels = new SortedDictionary<string, string>(service.Metadata.Labels.ToDictionary(), StringComparer.Ordinal) { [ManagedByLabel] = ManagedBy };
        if (service.Spec.IsHeadless)
        {
            labels[SliceReconciliation.HeadlessLabel] = "";
        }

        return ApiJson.ToJson(new Endpoints
        {
            Metadata = new()
            {
                Name = service.Metadata.Name,
                Namespace = service.Metadata.Namespace,
                Labels = labels,
                Annotations = truncated ? new Dictionary<string, string> { [TruncatedAnnotation] = "truncated" } : [],
            },
            Subsets = subsets,
        });
    }

    private static EndpointAddress Address(Endpoint endpoint) => new()
    {
        Ip = endpoint.Addresses[0],
        Hostname = endpoint.Hostname,
        NodeName = endpoint.NodeName,
        TargetRef = endpoint.TargetRef,
    };

    private static Endpoint Endpoint(EndpointAddress address, bool ready) => new()
    {
        Addresses = [address.Ip],
        Conditions = new() { Ready = ready, Serving = ready, Terminating = false },
        Hostname = address.Hostname,
        NodeName = address.NodeName,
        TargetRef = address.TargetRef,
    };
}

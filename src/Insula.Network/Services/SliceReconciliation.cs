using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;

namespace Insula.Network.Services;

/// <summary>How a Service's EndpointSlices become what they should be, with as few written as can be. Pure.</summary>
public static class SliceReconciliation
{
    /// <summary>Value of <see cref="EndpointSlice.ManagedByLabel"/> at those made from pods.</summary>
    public const string FromPods = "endpointslice-controller.k8s.io";

    /// <summary>Value of <see cref="EndpointSlice.ManagedByLabel"/> at those made from Endpoints.</summary>
    public const string FromEndpoints = "endpointslicemirroring-controller.k8s.io";

    /// <summary>Marks what belongs to a headless Service.</summary>
    public const string HeadlessLabel = "service.kubernetes.io/headless";

    /// <summary>The most endpoints in one slice.</summary>
    public const int MostEndpoints = 100;

    /// <summary>
    /// The changes that lead from the present slices to these groups. An endpoint stays in the slice it is in; without any pod of a family of
    /// the Service one empty slice says that somebody has looked.
    /// </summary>
    /// <param name="service">The Service.</param>
    /// <param name="managedBy"><see cref="FromPods"/> or <see cref="FromEndpoints"/>.</param>
    /// <param name="groups">The endpoints wanted.</param>
    /// <param name="present">Its slices of the same maker.</param>
    public static IReadOnlyList<SliceChange> Plan(Service service, string managedBy, IReadOnlyList<PortedEndpoints> groups, IReadOnlyList<EndpointSlice> present)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(present);
        var changes = new List<SliceChange>();
        var unused = present.OrderBy(s => s.Metadata.Name, StringComparer.Ordinal).ToList();
        var missing = service.Spec.Families.Where(f => managedBy == FromPods && !groups.Any(g => g.Family == f && g.Endpoints.Count > 0)).Select(f => new PortedEndpoints(f, [], []));
        foreach (var group in groups.Where(g => g.Endpoints.Count > 0).Concat(missing))
        {
            var slices = unused.Where(s => s.AddressType == group.Family && s.Ports.SequenceEqual(group.Ports)).ToList();
            unused.RemoveAll(slices.Contains);
            var contents = Distribute(group.Endpoints, slices);
            for (var i = 0; i < contents.Count; i++)
            {
                var slice = i < slices.Count ? slices[i] : unused.FirstOrDefault(s => s.AddressType == group.Family);
                unused.Remove(slice!);
                if (contents[i].Count == 0 && (group.Endpoints.Count > 0 || i > 0))
                {
                    changes.Add(new(slice!.Metadata.Name, null));
                    continue;
                }

                var document = Document(service, managedBy, group with { Endpoints = contents[i] });
                if (slice is null || !Same(slice, document))
                {
                    changes.Add(new(slice?.Metadata.Name, document));
                }
            }
        }

        changes.AddRange(unused.Select(s => new SliceChange(s.Metadata.Name, null)));
        return changes;
    }

    /// <summary>Whether a stored slice says already what the document says; what others added to its metadata does not count.</summary>
    private static bool Same(EndpointSlice slice, JsonObject document)
    {
        var wanted = ApiJson.Read<EndpointSlice>(document);
        return wanted.Metadata.Labels.All(l => slice.Metadata.Labels.TryGetValue(l.Key, out var value) && value == l.Value)
            && slice.Metadata.OwnerReferences.Any(o => o.Uid == wanted.Metadata.OwnerReferences[0].Uid)
            && slice.Ports.SequenceEqual(wanted.Ports)
            && slice.Endpoints.Count == wanted.Endpoints.Count
            && slice.Endpoints.Zip(wanted.Endpoints).All(pair => Same(pair.First, pair.Second));
    }

    private static bool Same(Endpoint a, Endpoint b) =>
        a.Addresses.SequenceEqual(b.Addresses) && a with { Addresses = [] } == b with { Addresses = [] };

    private static string Identity(Endpoint endpoint) => $"{endpoint.TargetRef?.Uid} {endpoint.Addresses[0]}";

    /// <summary>What each present slice holds then, and further ones; some may be left empty.</summary>
    private static List<List<Endpoint>> Distribute(IReadOnlyList<Endpoint> wanted, List<EndpointSlice> slices)
    {
        var left = new Dictionary<string, Endpoint>();
        foreach (var endpoint in wanted)
        {
            left.TryAdd(Identity(endpoint), endpoint);
        }

        var contents = new List<List<Endpoint>>();
        foreach (var slice in slices)
        {
            var kept = new List<Endpoint>();
            foreach (var endpoint in slice.Endpoints.Where(e => e.Addresses.Count > 0))
            {
                if (kept.Count < MostEndpoints && left.Remove(Identity(endpoint), out var now))
                {
                    kept.Add(now);
                }
            }

            contents.Add(kept);
        }

        var rest = new Queue<Endpoint>(wanted.Where(e => left.ContainsKey(Identity(e))).DistinctBy(Identity));
        foreach (var content in contents.OrderByDescending(c => c.Count))
        {
            while (content.Count < MostEndpoints && rest.TryDequeue(out var next))
            {
                content.Add(next);
            }
        }

        while (rest.Count > 0 || contents.Count == 0)
        {
            var content = new List<Endpoint>();
            while (content.Count < MostEndpoints && rest.TryDequeue(out var next))
            {
                content.Add(next);
            }

            contents.Add(content);
        }

        return contents;
    }

    private static JsonObject Document(Service service, string managedBy, PortedEndpoints group)
    {
        var labels = new SortedDictionary<string, string>(service.Metadata.Labels.ToDictionary(), StringComparer.Ordinal)
        {
            [EndpointSlice.ServiceLabel] = service.Metadata.Name,
            [EndpointSlice.ManagedByLabel] = managedBy,
        };
        if (service.Spec.IsHeadless)
        {
            labels[HeadlessLabel] = "";
        }

        var document = ApiJson.ToJson(new EndpointSlice
        {
            Metadata = new()
            {
                GenerateName = $"{service.Metadata.Name}-",
                Namespace = service.Metadata.Namespace,
                Labels = labels,
                OwnerReferences = [new() { ApiVersion = "v1", Kind = "Service", Name = service.Metadata.Name, Uid = service.Metadata.Uid ?? "", Controller = true, BlockOwnerDeletion = true }],
            },
            AddressType = group.Family,
            Endpoints = group.Endpoints,
            Ports = group.Ports,
        });

        // A required field, also when there is nothing in it.
        document["endpoints"] ??= new JsonArray();
        return document;
    }
}

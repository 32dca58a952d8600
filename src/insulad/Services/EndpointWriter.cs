using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Network.Services;
using Insula.Store;

namespace Insulad.Services;

/// <summary>Writes a Service's EndpointSlices and Endpoints, where they are not yet what they should be.</summary>
internal sealed class EndpointWriter(IObjectStore store, ServiceIndex index)
{
    /// <summary>Says that Endpoints are not to be copied into EndpointSlices.</summary>
    private const string SkipMirrorLabel = "endpointslice.kubernetes.io/skip-mirror";

    /// <summary>The groups of endpoints that a Service leads to now, whoever made them.</summary>
    public IReadOnlyList<PortedEndpoints> Endpoints(ServiceName name, Service service)
    {
        if (service.Spec.Type == ServiceTypeNames.ExternalName)
        {
            return [];
        }

        if (service.Spec.Selector.Count > 0)
        {
            return EndpointSelection.Select(service, index.PodsFor(service));
        }

        return
        [
            .. Mirrored(name),
            .. index.SlicesOf(name).Where(s => !IsOurs(s) && (s.AddressType is IPFamilies.IPv4 or IPFamilies.IPv6)).OrderBy(s => s.Metadata.Name, StringComparer.Ordinal)
                .Select(s => new PortedEndpoints(s.AddressType, [.. s.Ports.Select(p => p with { Name = p.Name ?? "" })], [.. s.Endpoints.Where(e => e.Addresses.Count > 0)])),
        ];
    }

    /// <summary>Writes what has to be written.</summary>
    /// <exception cref="StoreException">The store refused; what was written stays, and the next attempt goes on from there.</exception>
    public async Task WriteAsync(ServiceName name, CancellationToken ct)
    {
        var service = index.Find(name);
        var ours = index.SlicesOf(name).Where(IsOurs).ToList();
        if (service is null || service.Spec.Type == ServiceTypeNames.ExternalName)
        {
            await RemoveAsync(name, ours, ct);
            await RemoveEndpointsAsync(name, ct);
            return;
        }

        var fromPods = service.Spec.Selector.Count > 0;
        var maker = fromPods ? SliceReconciliation.FromPods : SliceReconciliation.FromEndpoints;
        await RemoveAsync(name, ours.Where(s => s.Metadata.Labels[EndpointSlice.ManagedByLabel] != maker), ct);
        ours.RemoveAll(s => s.Metadata.Labels[EndpointSlice.ManagedByLabel] != maker);
        if (fromPods)
        {
            var groups = Endpoints(name, service);
            await ApplyAsync(name, SliceReconciliation.Plan(service, maker, groups, ours), ct);
            await WriteEndpointsAsync(name, EndpointsObject.Document(service, groups), ct);
            return;
        }

        // What was made from pods as long as there was a selector is not taken for something made by hand.
        await RemoveEndpointsAsync(name, ct);
        var mirrored = Mirrored(name);
        if (mirrored.Count > 0)
        {
            await ApplyAsync(name, SliceReconciliation.Plan(service, maker, mirrored, ours), ct);
        }
        else
        {
            await RemoveAsync(name, ours, ct);
        }
    }

    private static bool IsOurs(EndpointSlice slice) =>
        slice.Metadata.Labels.TryGetValue(EndpointSlice.ManagedByLabel, out var maker)
        && maker is SliceReconciliation.FromPods or SliceReconciliation.FromEndpoints;

    private static bool IsOurs(Endpoints endpoints) =>
        endpoints.Metadata.Labels.TryGetValue(EndpointsObject.ManagedByLabel, out var maker) && maker == EndpointsObject.ManagedBy;

    private IReadOnlyList<PortedEndpoints> Mirrored(ServiceName name) =>
        index.EndpointsOf(name) is { } endpoints && !IsOurs(endpoints) && !(endpoints.Metadata.Labels.TryGetValue(SkipMirrorLabel, out var skip) && skip == "true")
            ? EndpointsObject.Groups(endpoints)
            : [];

    private async Task ApplyAsync(ServiceName name, IReadOnlyList<SliceChange> changes, CancellationToken ct)
    {
        foreach (var change in changes)
        {
            if (change.Document is not { } document)
            {
                await DeleteAsync(new ObjectKey(ServiceIndex.Slices, name.Namespace, change.Name!), Preconditions.None, ct);
            }
            else if (change.Name is { } known)
            {
                await UpdateAsync(new ObjectKey(ServiceIndex.Slices, name.Namespace, known), old => Merge(old, document, "endpoints", "ports"), ct);
            }
            else
            {
                var unique = $"{name.Name}-{RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", 5)}";
                document["metadata"]!["name"] = unique;
                document["metadata"]!["generation"] = 1;
                await CreateAsync(new ObjectKey(ServiceIndex.Slices, name.Namespace, unique), document, ct);
            }
        }
    }

    private async Task RemoveAsync(ServiceName name, IEnumerable<EndpointSlice> slices, CancellationToken ct)
    {
        foreach (var slice in slices)
        {
            await DeleteAsync(new ObjectKey(ServiceIndex.Slices, name.Namespace, slice.Metadata.Name), Preconditions.None, ct);
        }
    }

    private async Task RemoveEndpointsAsync(ServiceName name, CancellationToken ct)
    {
        if (index.EndpointsOf(name) is { } endpoints && IsOurs(endpoints))
        {
            await DeleteAsync(new ObjectKey(ServiceIndex.Endpoints, name.Namespace, name.Name), new Preconditions(endpoints.Metadata.Uid), ct);
        }
    }

    private async Task WriteEndpointsAsync(ServiceName name, JsonObject document, CancellationToken ct)
    {
        var key = new ObjectKey(ServiceIndex.Endpoints, name.Namespace, name.Name);
        if (index.EndpointsOf(name) is not { } present)
        {
            await CreateAsync(key, document, ct);
            return;
        }

        var before = ApiJson.ToJson(present);
        if (Merge(before.DeepClone().AsObject(), document, "subsets") is { } merged && !JsonNode.DeepEquals(before, merged))
        {
            await UpdateAsync(key, old => Merge(old, document, "subsets"), ct);
        }
    }

    // The index learns of each write at once: the next plan must not be made without it.
    private async Task CreateAsync(ObjectKey key, JsonObject document, CancellationToken ct)
    {
        await store.CreateAsync(key, document, ct, Durability.Coalesced);
        index.Update(key, store.Get(key));
    }

    private async Task DeleteAsync(ObjectKey key, Preconditions preconditions, CancellationToken ct)
    {
        await store.DeleteAsync(key, preconditions, ct);
        index.Update(key, store.Get(key));
    }

    private async Task UpdateAsync(ObjectKey key, Func<JsonObject, JsonObject> change, CancellationToken ct)
    {
        try
        {
            await store.UpdateAsync(key, change, UpdateOptions.Status, ct);
        }
        catch (StoreException e) when (e.Error is StoreError.NotFound)
        {
            // Removed by somebody else: looked at again with that change.
        }

        index.Update(key, store.Get(key));
    }

    /// <summary>The stored document with our labels, annotations and fields; what others added to its metadata stays.</summary>
    private static JsonObject Merge(JsonObject stored, JsonObject wanted, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            stored.Remove(field);
            if (wanted[field] is { } value)
            {
                stored[field] = value.DeepClone();
            }
        }

        var metadata = stored["metadata"]!.AsObject();
        foreach (var map in (ReadOnlySpan<string>)["labels", "annotations"])
        {
            foreach (var (key, value) in wanted["metadata"]![map] as JsonObject ?? [])
            {
                metadata[map] ??= new JsonObject();
                metadata[map]![key] = value?.DeepClone();
            }
        }

        if (wanted["metadata"]!["annotations"]?[EndpointsObject.TruncatedAnnotation] is null && metadata["annotations"] is JsonObject annotations)
        {
            annotations.Remove(EndpointsObject.TruncatedAnnotation);
            if (annotations.Count == 0)
            {
                metadata.Remove("annotations");
            }
        }

        if (wanted["metadata"]!["ownerReferences"] is { } owners)
        {
            metadata["ownerReferences"] = owners.DeepClone();
        }

        return stored;
    }
}

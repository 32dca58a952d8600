using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Store;
using Insulad.Http.Strategies;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>
/// Empties namespaces that are being deleted and removes them once they are empty. Pods are asked to end within their
/// grace; what has finalizers is marked and waited for.
/// </summary>
internal sealed partial class NamespaceController(IObjectStore store, TimeProvider time, ILogger<NamespaceController> logger) : StoreFollower("deleting namespaces", time, logger)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        using var watch = store.Follow(change => change.Object!.Key.Resource == "namespaces" || change.Type == WatchEventType.Deleted);
        await EmptyAllAsync(ct);
        await foreach (var change in watch.Events.ReadAllAsync(ct))
        {
            await EmptyAllAsync(ct);
        }
    }

    private async Task EmptyAllAsync(CancellationToken ct)
    {
        foreach (var ns in store.List("namespaces", null).Items.Where(ns => ns.Json.Span.IndexOf("\"deletionTimestamp\""u8) >= 0))
        {
            var document = ns.ToDocument();
            if (DeletionMark.IsOn(document) && await EmptyAsync(ns.Key.Name, ct) && document["metadata"]!["finalizers"] is null or JsonArray { Count: 0 })
            {
                await store.DeleteAsync(ns.Key, new Preconditions(ns.Uid), ct);
                LogRemoved(ns.Key.Name);
            }
        }
    }

    /// <summary>Whether nothing is left in the namespace.</summary>
    private async Task<bool> EmptyAsync(string ns, CancellationToken ct)
    {
        var empty = true;

        // Events last: the end of the others makes some.
        foreach (var resource in store.Resources().OrderBy(r => r == "events"))
        {
            if (resource == "events" && !empty)
            {
                break;
            }

            foreach (var item in store.List(resource, ns).Items)
            {
                empty &= await RemoveAsync(item, ct);
            }
        }

        return empty;
    }

    /// <summary>Removes an object, or marks it. True when it is gone.</summary>
    private async Task<bool> RemoveAsync(StoredObject item, CancellationToken ct)
    {
        var document = item.ToDocument();
        var isPod = item.Key.Resource == "pods";
        if (!isPod && document["metadata"]!["finalizers"] is null or JsonArray { Count: 0 })
        {
            await store.DeleteAsync(item.Key, new Preconditions(item.Uid), ct);
            return true;
        }

        if (!DeletionMark.IsOn(document))
        {
            var grace = isPod ? PodStrategy.Grace(document) : 0;
            await store.UpdateAsync(item.Key, d => Mark(d, grace), new UpdateOptions { Uid = item.Uid, MayUseReserve = true }, ct);
        }

        return false;
    }

    private JsonObject? Mark(JsonObject document, long grace)
    {
        if (DeletionMark.IsOn(document))
        {
            return null;
        }

        DeletionMark.Set(document, Time.GetUtcNow(), grace);
        return document;
    }

    [LoggerMessage(1, LogLevel.Information, "namespace {Name} is empty and removed")]
    private partial void LogRemoved(string name);
}

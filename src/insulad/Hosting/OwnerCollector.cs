using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Store;
using Insulad.Http.Strategies;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>
/// Removes objects whose owners (<c>metadata.ownerReferences</c>) are all gone, as Kubernetes' garbage collector does.
/// An object that names an owner which never existed goes too.
/// </summary>
internal sealed partial class OwnerCollector(IObjectStore store, TimeProvider time, ILogger<OwnerCollector> logger) : StoreFollower("collecting what has lost its owners", time, logger)
{
    private static bool HasOwners(StoredObject value) => value.Json.Span.IndexOf("\"ownerReferences\""u8) >= 0;

    private static IReadOnlyList<string> Owners(JsonObject document) =>
        document["metadata"]?["ownerReferences"] is JsonArray owners
            ? [.. owners.Select(o => o?["uid"]?.ToString()).OfType<string>()]
            : [];

    protected override async Task RunAsync(CancellationToken ct)
    {
        using var watch = store.Watch(ObjectWatch.AllResources, null, null);
        await CollectAsync(ct);
        await foreach (var change in watch.Events.ReadAllAsync(ct))
        {
            if (change.Type == WatchEventType.Deleted || (change.Type == WatchEventType.Added && HasOwners(change.Object!)))
            {
                await CollectAsync(ct);
            }
        }
    }

    private async Task CollectAsync(CancellationToken ct)
    {
        var all = store.Resources().SelectMany(r => store.List(r, null).Items).ToList();
        var owned = all.Where(HasOwners).ToList();
        if (owned.Count == 0)
        {
            return;
        }

        var living = all.Select(o => o.Uid).ToHashSet();
        foreach (var item in owned)
        {
            var document = item.ToDocument();
            var owners = Owners(document);
            if (owners.Count == 0 || owners.Any(living.Contains) || document["metadata"]!["deletionTimestamp"] is not null)
            {
                continue;
            }

            LogRemoving(item.Key.ToString());
            try
            {
                await RemoveAsync(item, document, ct);
            }
            catch (StoreException e) when (e.Error is StoreError.Conflict or StoreError.NotFound)
            {
                // Changed or gone in between; a change of its owners is looked at with the next deletion.
            }
        }
    }

    private async Task RemoveAsync(StoredObject item, JsonObject document, CancellationToken ct)
    {
        var isPod = item.Key.Resource == "pods";
        if (!isPod && document["metadata"]!["finalizers"] is null or JsonArray { Count: 0 })
        {
            await store.DeleteAsync(item.Key, new Preconditions(item.Uid, item.ResourceVersion), ct);
            return;
        }

        var grace = isPod ? PodStrategy.Grace(document) : 0;
        await store.UpdateAsync(
            item.Key,
            d =>
            {
                d["metadata"]!["deletionTimestamp"] = Time.GetUtcNow().AddSeconds(grace).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                d["metadata"]!["deletionGracePeriodSeconds"] = grace;
                return d;
            },
            new UpdateOptions { Uid = item.Uid, ResourceVersion = item.ResourceVersion, MayUseReserve = true },
            ct);
    }

    [LoggerMessage(1, LogLevel.Information, "removing {Key}: its owners are gone")]
    private partial void LogRemoving(string key);
}

using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Api.Workloads;
using Insula.Store;
using Insulad.Http.Strategies;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>
/// Removes objects whose owners (<c>metadata.ownerReferences</c>) are all gone, as Kubernetes' garbage collector does; an object that names an
/// owner which never existed goes too. An owner that is deleted in the foreground waits for what it owns; one whose deletion orphans lets it
/// go first.
/// </summary>
internal sealed partial class OwnerCollector(IObjectStore store, TimeProvider time, ILogger<OwnerCollector> logger) : StoreFollower("collecting what has lost its owners", time, logger)
{
    /// <summary>Finalizer of an owner that waits for what it owns.</summary>
    public const string Foreground = "foregroundDeletion";

    /// <summary>Finalizer of an owner that lets go what it owns.</summary>
    public const string Orphan = "orphan";

    private const int Attempts = 20;

    private static readonly UpdateOptions s_freeing = new() { MayUseReserve = true };

    protected override async Task RunAsync(CancellationToken ct)
    {
        var objects = new OwnedObjects();
        using var watch = store.Watch(ObjectWatch.AllResources, null, null);
        var all = store.Resources().SelectMany(r => store.List(r, null).Items).ToList();
        foreach (var item in all)
        {
            objects.Update(item.Key, item);
        }

        foreach (var key in objects.Owned.Concat(all.Where(IsFinalized).Select(o => o.Key)).Distinct().ToList())
        {
            await LookAsync(objects, key, ct);
        }

        await foreach (var change in watch.Events.ReadAllAsync(ct))
        {
            var item = (change.Object ?? change.Previous)!;
            var now = store.Get(item.Key);
            var before = objects.Update(item.Key, now);
            var left = before.Except(objects.OwnersOf(item.Key)).ToList();
            if (now is not null && (change.Type == WatchEventType.Added || left.Count > 0 || IsFinalized(now) || (change.Previous is { } previous && IsFinalized(previous))))
            {
                await LookAsync(objects, item.Key, ct);
            }

            if (now?.Uid != item.Uid)
            {
                // It is gone: what it owned goes, and who waited for it may go on.
                foreach (var dependent in objects.DependentsOf(item.Uid).ToList())
                {
                    await LookAsync(objects, dependent, ct);
                }
            }

            foreach (var owner in left.Select(objects.Find).OfType<ObjectKey>())
            {
                await LookAsync(objects, owner, ct);
            }
        }
    }

    private static bool IsFinalized(StoredObject value) => value.Json.Span.IndexOf("\"finalizers\""u8) >= 0;

    private static bool Has(JsonObject document, string finalizer) =>
        document["metadata"]!["finalizers"] is JsonArray finalizers && finalizers.Any(f => f?.ToString() == finalizer);

    private static bool IsDeleted(JsonObject document) => document["metadata"]!["deletionTimestamp"] is not null;

    private async Task LookAsync(OwnedObjects objects, ObjectKey key, CancellationToken ct)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                await JudgeAsync(objects, key, ct);
                return;
            }
            catch (StoreException e) when (e.Error is StoreError.Conflict or StoreError.NotFound)
            {
                // Changed or gone in between, most often by a status: judged again as it is now.
                LogRace(key.ToString(), e.Message);
            }
        }
    }

    private async Task JudgeAsync(OwnedObjects objects, ObjectKey key, CancellationToken ct)
    {
        if (store.Get(key) is not { } item || (item.Json.Span.IndexOf("\"ownerReferences\""u8) < 0 && !IsFinalized(item)))
        {
            return;
        }

        var document = item.ToDocument();
        if (Has(document, WorkloadLabels.JobTracking) && !OwnedObjects.OwnersOf(document).Any(objects.IsLiving))
        {
            // Whoever would count this pod's end is gone; its change is on its way to us.
            await FinalizeAsync(item, document, WorkloadLabels.JobTracking, ct);
            return;
        }

        if (IsDeleted(document))
        {
            await FinishAsync(objects, item, document, ct);
            return;
        }

        var owners = OwnedObjects.OwnersOf(document);
        if (owners.Count > 0 && !owners.Any(objects.IsLiving))
        {
            LogRemoving(item.Key.ToString());
            await RemoveAsync(item, document, null, ct);
        }
    }

    /// <summary>Goes on with the deletion of an owner.</summary>
    private async Task FinishAsync(OwnedObjects objects, StoredObject owner, JsonObject document, CancellationToken ct)
    {
        if (Has(document, Orphan))
        {
            foreach (var key in objects.DependentsOf(owner.Uid))
            {
                await DisownAsync(key, owner.Uid, ct);
            }

            await FinalizeAsync(owner, document, Orphan, ct);
        }
        else if (Has(document, Foreground))
        {
            var waits = false;
            foreach (var key in objects.DependentsOf(owner.Uid).ToList())
            {
                waits |= await EndAsync(objects, key, owner.Uid, ct);
            }

            if (!waits)
            {
                await FinalizeAsync(owner, document, Foreground, ct);
            }
        }
    }

    /// <summary>Ends what an owner that is deleted in the foreground owns; whether the owner has to wait for it.</summary>
    private async Task<bool> EndAsync(OwnedObjects objects, ObjectKey key, string owner, CancellationToken ct)
    {
        if (store.Get(key) is not { } item)
        {
            return false;
        }

        var document = item.ToDocument();
        if (OwnedObjects.OwnersOf(document).Any(o => o != owner && objects.IsLiving(o)))
        {
            await DisownAsync(key, owner, ct);
            return false;
        }

        if (!IsDeleted(document))
        {
            await RemoveAsync(item, document, objects.DependentsOf(item.Uid).Count > 0 ? Foreground : null, ct);
        }

        return store.Get(key)?.Uid == item.Uid
            && document["metadata"]!["ownerReferences"]!.AsArray().Any(o => o?["uid"]?.ToString() == owner && (bool?)o["blockOwnerDeletion"] == true);
    }

    private async Task DisownAsync(ObjectKey key, string uid, CancellationToken ct)
    {
        try
        {
            await store.UpdateAsync(key, d => Disown(d, uid), UpdateOptions.Default, ct);
        }
        catch (StoreException e) when (e.Error is StoreError.NotFound)
        {
            // Gone in between: nobody's any more.
        }
    }

    private static JsonObject? Disown(JsonObject document, string uid)
    {
        if (document["metadata"]!["ownerReferences"] is not JsonArray owners || owners.RemoveAll(o => o?["uid"]?.ToString() == uid) == 0)
        {
            return null;
        }

        if (owners.Count == 0)
        {
            document["metadata"]!.AsObject().Remove("ownerReferences");
        }

        return document;
    }

    /// <summary>Takes away a finalizer; the object goes with its last one in the same write, a pod when its worker has seen to it.</summary>
    private async Task FinalizeAsync(StoredObject item, JsonObject document, string finalizer, CancellationToken ct)
    {
        var left = (document["metadata"]!["finalizers"] as JsonArray ?? []).Count(f => f?.ToString() != finalizer);
        if (left == 0 && IsDeleted(document) && !StrategyTable.Of(item.Key.Resource).RemovedByWorker)
        {
            await store.DeleteAsync(item.Key, new Preconditions(item.Uid, item.ResourceVersion), ct);
            return;
        }

        await store.UpdateAsync(
            item.Key,
            d =>
            {
                var finalizers = d["metadata"]!["finalizers"] as JsonArray;
                finalizers?.RemoveAll(f => f?.ToString() == finalizer);
                if (finalizers is { Count: 0 })
                {
                    d["metadata"]!.AsObject().Remove("finalizers");
                }

                return d;
            },
            s_freeing with { Uid = item.Uid, ResourceVersion = item.ResourceVersion },
            ct);
    }

    private async Task RemoveAsync(StoredObject item, JsonObject document, string? finalizer, CancellationToken ct)
    {
        var isPod = item.Key.Resource == "pods";
        if (!isPod && finalizer is null && document["metadata"]!["finalizers"] is null or JsonArray { Count: 0 })
        {
            await store.DeleteAsync(item.Key, new Preconditions(item.Uid, item.ResourceVersion), ct);
            return;
        }

        var grace = isPod ? PodStrategy.Grace(document) : 0;
        await store.UpdateAsync(
            item.Key,
            d =>
            {
                DeletionMark.Set(d, Time.GetUtcNow(), grace);
                if (finalizer is not null)
                {
                    var metadata = d["metadata"]!;
                    metadata["finalizers"] = new JsonArray([.. (metadata["finalizers"] as JsonArray ?? []).Select(f => f?.DeepClone()), finalizer]);
                }

                return d;
            },
            s_freeing with { Uid = item.Uid, ResourceVersion = item.ResourceVersion },
            ct);
    }

    [LoggerMessage(1, LogLevel.Information, "removing {Key}: its owners are gone")]
    private partial void LogRemoving(string key);

    [LoggerMessage(2, LogLevel.Debug, "{Key} changed while it was judged: {Reason}")]
    private partial void LogRace(string key, string reason);
}

using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Patches;
using Insula.Api.Storage;
using Insula.Claims;
using Insula.Store;

namespace Insulad.Storage;

/// <summary>Does what the rules want with objects. What is written is in the index at once, so that no decision is made without it.</summary>
internal sealed class StorageWriter(IObjectStore store, StorageIndex index, TimeProvider time)
{
    /// <summary>
    /// Does the changes: those of volumes together, then, if all of them were done, those of claims. What is not as it was seen is left.
    /// </summary>
    /// <exception cref="StoreException">The store is closing, or the disk refuses.</exception>
    public async Task ApplyAsync(IReadOnlyList<StorageChange> changes, CancellationToken ct)
    {
        var ofClaims = changes.ToLookup(c => c is StorageChange.Edit { Of.Resource: ObjectSeen.Claims } or StorageChange.Remove { Of.Resource: ObjectSeen.Claims });
        var done = await Task.WhenAll(ofClaims[false].Select(c => DoAsync(c, ct)));
        if (ofClaims[true].Any() && done.All(d => d))
        {
            Failpoint.Hit("claims.bind.half");
            await Task.WhenAll(ofClaims[true].Select(c => DoAsync(c, ct)));
        }
    }

    private async Task<bool> DoAsync(StorageChange change, CancellationToken ct)
    {
        var key = change switch
        {
            StorageChange.Create create => new ObjectKey(create.Resource, create.Namespace ?? "", create.Document["metadata"]!["name"]!.ToString()),
            StorageChange.Edit edit => StorageIndex.KeyOf(edit.Of),
            StorageChange.Remove remove => StorageIndex.KeyOf(remove.Of),
            _ => throw new InvalidOperationException($"unknown change {change}"),
        };
        try
        {
            switch (change)
            {
                case StorageChange.Create create:
                    await store.CreateAsync(key, create.Document.DeepClone().AsObject(), ct);
                    Failpoint.Hit("claims.object.made");
                    break;
                case StorageChange.Edit edit:
                    // On a full disk, too: before a volume is removed, which makes room, it is released.
                    await store.UpdateAsync(
                        key, document => MergePatch.Apply(document, edit.Patch)!.AsObject(), As(edit.Of) with { MayUseReserve = Releases(edit) }, ct);
                    break;
                case StorageChange.Remove remove:
                    await RemoveAsync(key, remove, ct);
                    break;
            }

            return true;
        }
        catch (StoreException e) when (e.Error is StoreError.Conflict or StoreError.NotFound or StoreError.AlreadyExists)
        {
            // Somebody else was first: what there is now is judged next.
            return false;
        }
        finally
        {
            index.Update(key, store.Get(key));
        }
    }

    private async Task RemoveAsync(ObjectKey key, StorageChange.Remove remove, CancellationToken ct)
    {
        // A pod that came in this instant has it. One that comes later finds it marked, and does not.
        if (key.Resource == ObjectSeen.Claims && store.List("pods", key.Namespace).Items.Any(pod => StorageIndex.WantsOf(pod).Contains(key.Name)))
        {
            return;
        }

        var left = remove.Of.Metadata.Finalizers.Except(remove.Finalizers).ToList();
        if (left.Count == 0)
        {
            await store.DeleteAsync(key, new Preconditions(remove.Of.Metadata.Uid, Version(remove.Of)), ct);
            return;
        }

        await store.UpdateAsync(
            key,
            document =>
            {
                var metadata = document["metadata"]!;
                metadata["finalizers"] = new JsonArray([.. left.Select(f => (JsonNode)f)]);
                if (!DeletionMark.IsOn(document))
                {
                    DeletionMark.Set(document, time.GetUtcNow(), 0);
                }

                return document;
            },
            As(remove.Of) with { MayUseReserve = true },
            ct);
    }

    private static bool Releases(StorageChange.Edit edit) => edit.Patch["status"]?["phase"]?.ToString() is VolumePhases.Released or VolumePhases.Failed;

    private static UpdateOptions As(ObjectSeen seen) => new() { Uid = seen.Metadata.Uid, ResourceVersion = Version(seen) };

    private static long? Version(ObjectSeen seen) => seen.Metadata.ResourceVersion is { } version ? long.Parse(version, CultureInfo.InvariantCulture) : null;
}

using System.Text.Json.Nodes;

namespace Insula.Store;

/// <summary>
/// The objects of one daemon: read from memory, written to disk, watched. All members may be called from any thread.
/// Documents have Kubernetes' JSON shape; <c>metadata.uid</c>, <c>metadata.creationTimestamp</c> and
/// <c>metadata.resourceVersion</c> are the store's to set.
/// </summary>
public interface IObjectStore
{
    /// <summary>The version of the newest change.</summary>
    long ResourceVersion { get; }

    /// <summary>The newest version of an object, or null when there is none.</summary>
    StoredObject? Get(ObjectKey key);

    /// <summary>All objects of a resource in one namespace, or in all when <paramref name="ns"/> is null.</summary>
    ListResult List(string resource, string? ns);

    /// <summary>The resources that have at least one object.</summary>
    IReadOnlyList<string> Resources();

    /// <summary>Adds an object. A uid in the document is kept, otherwise one is made.</summary>
    /// <exception cref="StoreException"><see cref="StoreError.AlreadyExists"/>, <see cref="StoreError.Disk"/>.</exception>
    Task<StoredObject> CreateAsync(ObjectKey key, JsonObject document, CancellationToken ct, Durability durability = Durability.Full);

    /// <summary>
    /// Changes an object. <paramref name="change"/> gets an editable copy of the newest version and returns what it
    /// shall become, or null to leave it; an equal document leaves it too (no new version, no event). It runs on the
    /// store's writer, alone: it must be short and must not call the store. An exception it throws reaches the caller
    /// and changes nothing.
    /// </summary>
    /// <exception cref="StoreException">
    /// <see cref="StoreError.NotFound"/>, <see cref="StoreError.Conflict"/>, <see cref="StoreError.Disk"/>.
    /// </exception>
    Task<StoredObject> UpdateAsync(ObjectKey key, Func<JsonObject, JsonObject?> change, UpdateOptions options, CancellationToken ct);

    /// <summary>Removes an object, at once and for good. Null when there was none.</summary>
    /// <exception cref="StoreException"><see cref="StoreError.Conflict"/>, <see cref="StoreError.Disk"/>.</exception>
    Task<StoredObject?> DeleteAsync(ObjectKey key, Preconditions preconditions, CancellationToken ct, Durability durability = Durability.Full);

    /// <summary>
    /// Follows the changes after <paramref name="since"/> (normally <see cref="ListResult.ResourceVersion"/>), or from
    /// now when null.
    /// </summary>
    /// <exception cref="StoreException"><see cref="StoreError.Gone"/>, <see cref="StoreError.FutureVersion"/>.</exception>
    ObjectWatch Watch(string resource, string? ns, long? since);

    /// <summary>Follows those changes from now on that concern the follower: it sleeps through all others.</summary>
    /// <param name="concerns">Whether a change does; asked while it is published, so it answers at once and from the change alone.</param>
    ObjectWatch Follow(Func<WatchEvent, bool> concerns);
}

using System.Text.Json.Nodes;
using Insula.Api.Storage;

namespace Insula.Claims;

/// <summary>Something that the rules want done. Of one object at most one in a decision.</summary>
public abstract record StorageChange
{
    private StorageChange()
    {
    }

    /// <summary>Makes an object.</summary>
    /// <param name="Resource">Where: <c>persistentvolumes</c>.</param>
    /// <param name="Namespace">Its namespace; null when it is in none.</param>
    /// <param name="Document">The object, with a name.</param>
    public sealed record Create(string Resource, string? Namespace, JsonObject Document) : StorageChange;

    /// <summary>Changes an object, if it is still as it was seen.</summary>
    /// <param name="Of">Which.</param>
    /// <param name="Patch">A merge patch (RFC 7396) of all of it, status included.</param>
    public sealed record Edit(ObjectSeen Of, JsonObject Patch) : StorageChange;

    /// <summary>Removes an object, or what of it keeps it: without its finalizers it goes.</summary>
    /// <param name="Of">Which.</param>
    /// <param name="Finalizers">The finalizers that are taken from it.</param>
    public sealed record Remove(ObjectSeen Of, IReadOnlyList<string> Finalizers) : StorageChange;

    /// <summary>Has a driver make what a volume is about. Asked again after a daemon has died, it may be there already.</summary>
    /// <param name="Volume">The volume.</param>
    public sealed record Make(PersistentVolume Volume) : StorageChange;

    /// <summary>Has a driver remove what a volume is about.</summary>
    /// <param name="Volume">The volume.</param>
    public sealed record Unmake(PersistentVolume Volume) : StorageChange;
}

using Insula.Store.Watching;

namespace Insula.Store.Writing;

/// <summary>The changes of a batch before they are published, each based on those before it.</summary>
internal sealed class StagedBatch(Snapshot basis)
{
    private readonly Dictionary<ObjectKey, StoredObject?> _newest = [];

    /// <summary>The version after the batch.</summary>
    public long Version { get; private set; } = basis.Version;

    public List<WatchEvent> Changes { get; } = [];

    /// <summary>The operations that were accepted; refused ones have been answered.</summary>
    public List<Operation> Operations { get; } = [];

    /// <summary>Whether some of the changes must be written before anybody may see them, and synced.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>Set once the changes are in the database.</summary>
    public bool Written { get; set; }

    /// <summary>Set when the disk has to confirm what was written.</summary>
    public bool MustSync { get; set; }

    public void Add(Operation operation)
    {
        if (!_newest.TryGetValue(operation.Key, out var current))
        {
            current = basis.Get(operation.Key);
        }

        WatchEvent? change;
        try
        {
            change = operation.Apply(current, Version + 1);
        }
        catch (Exception e)
        {
            // Whatever a caller's change throws is that caller's answer; the writer and the others go on.
            operation.Fail(e);
            return;
        }

        Operations.Add(operation);
        operation.Result = change?.Object ?? current;
        if (change is null)
        {
            return;
        }

        Version++;
        Changes.Add(change);
        _newest[operation.Key] = change.Type == WatchEventType.Deleted ? null : change.Object;
        IsDurable |= operation.Durability != Durability.Coalesced;
    }

    /// <summary>Whether this must be in the database before anybody may see it, be it for its versions.</summary>
    public bool MustCommit(long versionLimit) => IsDurable || Version > versionLimit;
}

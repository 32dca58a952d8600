namespace Insula.Store;

/// <summary>Where the objects are kept, and how much of their history is remembered for watches.</summary>
public sealed record StoreOptions
{
    /// <summary>The directory of <c>state.db</c>; it must exist.</summary>
    public required string Directory { get; init; }

    /// <summary>Events kept so that a watch can begin in the past.</summary>
    public int HistoryEvents { get; init; } = 2048;

    /// <summary>Bytes of documents kept in that history.</summary>
    public long HistoryBytes { get; init; } = 8 << 20;

    /// <summary>Events a watcher may lag behind before it is dropped.</summary>
    public int WatcherLag { get; init; } = 1024;

    /// <summary>
    /// How long <see cref="Durability.Coalesced"/> writes are gathered before they go to disk. Zero, the default, writes
    /// each batch before it is seen; more spares a slow disk, and lets the daemon's death take what was seen last.
    /// </summary>
    public TimeSpan CoalesceDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Bytes set aside so that deletion works on a full disk; 0 for none.</summary>
    public long ReserveBytes { get; init; } = 4 << 20;

    /// <summary>Upper bound of the database in pages of 4 KiB; 0 for none. Writes beyond it are refused as on a full disk.</summary>
    public long MaxPages { get; init; }
}

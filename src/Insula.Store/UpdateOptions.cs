namespace Insula.Store;

/// <summary>What must hold for an update to be done, and how lasting it is.</summary>
public sealed record UpdateOptions
{
    /// <summary>No condition, <see cref="Durability.Full"/>.</summary>
    public static UpdateOptions Default { get; } = new();

    /// <summary>No condition, <see cref="Durability.Coalesced"/>: for statuses.</summary>
    public static UpdateOptions Status { get; } = new() { Durability = Durability.Coalesced };

    /// <summary>The object must still be the one with this uid; otherwise <see cref="StoreError.Conflict"/>.</summary>
    public string? Uid { get; init; }

    /// <summary>The object must still be at this version; otherwise <see cref="StoreError.Conflict"/>.</summary>
    public long? ResourceVersion { get; init; }

    /// <summary>When the write is on disk.</summary>
    public Durability Durability { get; init; } = Durability.Full;

    /// <summary>
    /// The write frees resources (it marks an object for deletion): on a full disk the store's reserve is released
    /// for it.
    /// </summary>
    public bool MayUseReserve { get; init; }
}

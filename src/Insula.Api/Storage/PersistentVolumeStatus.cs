namespace Insula.Api.Storage;

/// <summary>What state a volume is in (core/v1 PersistentVolumeStatus).</summary>
public sealed record PersistentVolumeStatus
{
    /// <summary>Pending, Available, Bound, Released or Failed.</summary>
    public string? Phase { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public string? Message { get; init; }

    /// <summary>Why, in a word.</summary>
    public string? Reason { get; init; }

    /// <summary>When the phase last changed.</summary>
    public DateTimeOffset? LastPhaseTransitionTime { get; init; }
}

using Insula.Api.Values;

namespace Insula.Api.Storage;

/// <summary>What has come of a claim (core/v1 PersistentVolumeClaimStatus).</summary>
public sealed record PersistentVolumeClaimStatus
{
    /// <summary>Pending, Bound or Lost.</summary>
    public string? Phase { get; init; }

    /// <summary>How its volume may be mounted.</summary>
    public IReadOnlyList<string> AccessModes { get; init => field = value ?? []; } = [];

    /// <summary>How large its volume is.</summary>
    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;
}

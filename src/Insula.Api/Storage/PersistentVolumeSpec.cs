using Insula.Api.Core;
using Insula.Api.Values;

namespace Insula.Api.Storage;

/// <summary>What a volume is (core/v1 PersistentVolumeSpec).</summary>
public sealed record PersistentVolumeSpec
{
    /// <summary>How large it is said to be: <c>storage</c>.</summary>
    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>How it may be mounted: see <see cref="Storage.AccessModes"/>.</summary>
    public IReadOnlyList<string> AccessModes { get; init => field = value ?? []; } = [];

    /// <summary>The claim it is bound to, or is kept for.</summary>
    public ObjectReference? ClaimRef { get; init; }

    /// <summary>Retain or Delete: what becomes of it when its claim is gone.</summary>
    public string? PersistentVolumeReclaimPolicy { get; init; }

    /// <summary>Its class; empty for none.</summary>
    public string? StorageClassName { get; init; }

    /// <summary>Filesystem.</summary>
    public string? VolumeMode { get; init; }

    /// <summary>A path of the machine.</summary>
    public HostPathVolumeSource? HostPath { get; init; }

    /// <summary>A directory or file of the machine.</summary>
    public LocalVolumeSource? Local { get; init; }

    /// <summary>A volume of a driver.</summary>
    public CsiPersistentVolumeSource? Csi { get; init; }
}

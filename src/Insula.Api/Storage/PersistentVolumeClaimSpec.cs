using Insula.Api.Core;
using Insula.Api.Meta;

namespace Insula.Api.Storage;

/// <summary>What a claim wishes (core/v1 PersistentVolumeClaimSpec).</summary>
public sealed record PersistentVolumeClaimSpec
{
    /// <summary>How it is to be mounted: see <see cref="Storage.AccessModes"/>.</summary>
    public IReadOnlyList<string> AccessModes { get; init => field = value ?? []; } = [];

    /// <summary>Labels that the volume must have; then none is made for it.</summary>
    public LabelSelectorFields? Selector { get; init; }

    /// <summary>How large: <c>requests.storage</c>.</summary>
    public ResourceRequirements Resources { get; init => field = value ?? new(); } = new();

    /// <summary>The volume it is bound to, or is to be.</summary>
    public string? VolumeName { get; init; }

    /// <summary>The class; "" for volumes without one, null for the default class.</summary>
    public string? StorageClassName { get; init; }

    /// <summary>Filesystem.</summary>
    public string? VolumeMode { get; init; }
}

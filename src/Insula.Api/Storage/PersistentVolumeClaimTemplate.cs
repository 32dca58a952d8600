using Insula.Api.Meta;

namespace Insula.Api.Storage;

/// <summary>A claim that is made for a pod (core/v1 PersistentVolumeClaimTemplate).</summary>
public sealed record PersistentVolumeClaimTemplate
{
    /// <summary>Labels and annotations of the claim.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it wishes.</summary>
    public PersistentVolumeClaimSpec Spec { get; init => field = value ?? new(); } = new();
}

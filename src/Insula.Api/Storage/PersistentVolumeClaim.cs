using Insula.Api.Meta;

namespace Insula.Api.Storage;

/// <summary>A wish for a volume that lasts (core/v1 PersistentVolumeClaim).</summary>
public sealed record PersistentVolumeClaim
{
    /// <summary>Always "PersistentVolumeClaim".</summary>
    public string Kind { get; init => field = value ?? "PersistentVolumeClaim"; } = "PersistentVolumeClaim";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wished.</summary>
    public PersistentVolumeClaimSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What has come of it; the daemon's.</summary>
    public PersistentVolumeClaimStatus Status { get; init => field = value ?? new(); } = new();
}

using Insula.Api.Meta;

namespace Insula.Api.Storage;

/// <summary>A volume that lasts (core/v1 PersistentVolume).</summary>
public sealed record PersistentVolume
{
    /// <summary>Always "PersistentVolume".</summary>
    public string Kind { get; init => field = value ?? "PersistentVolume"; } = "PersistentVolume";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it is.</summary>
    public PersistentVolumeSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What state it is in; the daemon's.</summary>
    public PersistentVolumeStatus Status { get; init => field = value ?? new(); } = new();
}

namespace Insula.Api.Core;

/// <summary>A volume of a pod (core/v1 Volume); exactly one source is set.</summary>
public sealed record Volume
{
    /// <summary>A DNS label, unique in the pod.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>An empty directory that lives as long as the pod.</summary>
    public EmptyDirVolumeSource? EmptyDir { get; init; }

    /// <summary>A file or directory of the host.</summary>
    public HostPathVolumeSource? HostPath { get; init; }

    /// <summary>Files from a ConfigMap.</summary>
    public ConfigMapVolumeSource? ConfigMap { get; init; }

    /// <summary>Files from a Secret.</summary>
    public SecretVolumeSource? Secret { get; init; }

    /// <summary>Files from several sources.</summary>
    public ProjectedVolumeSource? Projected { get; init; }

    /// <summary>Files from the pod's own fields.</summary>
    public DownwardApiVolumeSource? DownwardAPI { get; init; }

    /// <summary>A volume that lasts, by its claim.</summary>
    public PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; init; }

    /// <summary>The content of an image.</summary>
    public ImageVolumeSource? Image { get; init; }

    /// <summary>A persistent volume that lives as long as the pod.</summary>
    public EphemeralVolumeSource? Ephemeral { get; init; }
}

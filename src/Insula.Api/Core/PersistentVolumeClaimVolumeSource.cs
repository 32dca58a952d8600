namespace Insula.Api.Core;

/// <summary>A volume by its claim (core/v1 PersistentVolumeClaimVolumeSource).</summary>
public sealed record PersistentVolumeClaimVolumeSource
{
    /// <summary>The claim, in the pod's namespace.</summary>
    public string ClaimName { get; init => field = value ?? ""; } = "";

    /// <summary>Whether all mounts are read-only.</summary>
    public bool ReadOnly { get; init; }
}

namespace Insula.Api.Core;

/// <summary>Files from the pod's own fields (core/v1 DownwardAPIVolumeSource).</summary>
public sealed record DownwardApiVolumeSource
{
    /// <summary>The files.</summary>
    public IReadOnlyList<DownwardApiVolumeFile> Items { get; init => field = value ?? []; } = [];

    /// <summary>Permission bits of the files; default 0644.</summary>
    public int? DefaultMode { get; init; }
}

namespace Insula.Api.Core;

/// <summary>Files from several sources (core/v1 ProjectedVolumeSource).</summary>
public sealed record ProjectedVolumeSource
{
    /// <summary>The sources; of the same path the last one counts.</summary>
    public IReadOnlyList<VolumeProjection> Sources { get; init => field = value ?? []; } = [];

    /// <summary>Permission bits of the files; default 0644.</summary>
    public int? DefaultMode { get; init; }
}

namespace Insula.Api.Core;

/// <summary>Files from the pod's own fields among others (core/v1 DownwardAPIProjection).</summary>
public sealed record DownwardApiProjection
{
    /// <summary>The files.</summary>
    public IReadOnlyList<DownwardApiVolumeFile> Items { get; init => field = value ?? []; } = [];
}

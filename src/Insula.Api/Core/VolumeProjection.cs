namespace Insula.Api.Core;

/// <summary>One source of a projected volume (core/v1 VolumeProjection).</summary>
public sealed record VolumeProjection
{
    /// <summary>Files from a ConfigMap.</summary>
    public ObjectProjection? ConfigMap { get; init; }

    /// <summary>Files from a Secret.</summary>
    public ObjectProjection? Secret { get; init; }

    /// <summary>Files from the pod's own fields.</summary>
    public DownwardApiProjection? DownwardAPI { get; init; }
}

namespace Insula.Api.Core;

/// <summary>A running container (core/v1).</summary>
public sealed record ContainerStateRunning
{
    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }
}

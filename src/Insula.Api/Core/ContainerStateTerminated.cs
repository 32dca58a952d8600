namespace Insula.Api.Core;

/// <summary>How a container ended (core/v1).</summary>
public sealed record ContainerStateTerminated
{
    /// <summary>Exit code; 128 + signal when a signal ended it.</summary>
    public int ExitCode { get; init; }

    /// <summary>The signal that ended it.</summary>
    public int? Signal { get; init; }

    /// <summary>Completed, Error, OOMKilled, …</summary>
    public string? Reason { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>insula://uid/name.attempt.</summary>
    public string? ContainerID { get; init; }
}

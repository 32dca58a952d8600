namespace Insula.Pods.Lifecycle;

/// <summary>How one start of a container ended.</summary>
public sealed record ContainerExit
{
    /// <summary>Which start: the restart count it had.</summary>
    public required int Attempt { get; init; }

    /// <summary>Exit code as Kubernetes shows it: 0–255, 128 + signal, 128 for a start that failed.</summary>
    public required int ExitCode { get; init; }

    /// <summary><c>Completed</c>, <c>Error</c>, <c>OOMKilled</c>, <c>StartError</c>, <c>ContainerStatusUnknown</c>, and kubelet's word for an
    /// end by a shutdown, <c>Terminated</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>The termination message, or the reason of a failed start; empty when there is none.</summary>
    public string Message { get; init; } = "";

    /// <summary>When its process started; null when it never did.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Why we stopped it; null when it ended by itself.</summary>
    public StopCause? Cause { get; init; }

    /// <summary>The exec itself failed: no process of this start ever ran.</summary>
    public bool IsStartError => Reason == Reasons.StartError;

    /// <summary>Its end asks for a replacement whatever the exit code: a probe condemned it, its image or resources changed, or the
    /// machine was shut down, which the reason keeps for the daemon after the shutdown.</summary>
    public bool WantsReplacement => Cause is StopCause.Liveness or StopCause.Startup or StopCause.ImageChange or StopCause.Resize || Reason == Reasons.Terminated;
}

namespace Insula.Api.Core;

/// <summary>Why a container does not run yet (core/v1).</summary>
public sealed record ContainerStateWaiting
{
    /// <summary>One word, e.g. CrashLoopBackOff.</summary>
    public string? Reason { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }
}

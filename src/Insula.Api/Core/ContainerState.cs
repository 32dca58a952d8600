namespace Insula.Api.Core;

/// <summary>State of a container (core/v1 ContainerState); at most one is set.</summary>
public sealed record ContainerState
{
    /// <summary>Not yet running.</summary>
    public ContainerStateWaiting? Waiting { get; init; }

    /// <summary>Running.</summary>
    public ContainerStateRunning? Running { get; init; }

    /// <summary>Ended.</summary>
    public ContainerStateTerminated? Terminated { get; init; }
}

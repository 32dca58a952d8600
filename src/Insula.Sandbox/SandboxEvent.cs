using Insula.Sandbox.Containers;

namespace Insula.Sandbox;

/// <summary>Something that happened in a sandbox without being asked for.</summary>
public abstract record SandboxEvent
{
    private SandboxEvent()
    {
    }

    /// <summary>A container's first process ended, and with it the container.</summary>
    /// <param name="ContainerId">The container.</param>
    /// <param name="Exit">How it ended.</param>
    public sealed record ContainerExited(string ContainerId, ContainerExit Exit) : SandboxEvent;

    /// <summary>The log of a container lost lines because the disk was full or blocked.</summary>
    /// <param name="ContainerId">The container.</param>
    /// <param name="Lines">How many lines.</param>
    /// <param name="Bytes">How many bytes.</param>
    public sealed record LogLost(string ContainerId, long Lines, long Bytes) : SandboxEvent;

    /// <summary>The shim is gone or no longer answers sensibly: the sandbox has failed and can only be destroyed.
    /// Always the last event.</summary>
    /// <param name="Reason">What was noticed.</param>
    public sealed record ShimDied(string Reason) : SandboxEvent;
}

namespace Insula.Api.Core;

/// <summary>The user a container began as (core/v1 ContainerUser).</summary>
public sealed record ContainerUser
{
    /// <summary>On Linux.</summary>
    public LinuxContainerUser? Linux { get; init; }
}

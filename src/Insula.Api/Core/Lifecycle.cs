namespace Insula.Api.Core;

/// <summary>Hooks of a container and its stop signal (core/v1 Lifecycle).</summary>
public sealed record Lifecycle
{
    /// <summary>Runs right after the container's start; its failure ends the container.</summary>
    public LifecycleHandler? PostStart { get; init; }

    /// <summary>Runs before the stop signal, within the grace.</summary>
    public LifecycleHandler? PreStop { get; init; }

    /// <summary>The stop signal instead of the image's.</summary>
    public string? StopSignal { get; init; }
}

namespace Insula.Pods.Lifecycle;

/// <summary>What is known of a pod, told in the time of a clock that was set: as much of every delay, grace and age has passed as before.</summary>
public static class ClockJump
{
    /// <summary>The observation with all its times moved.</summary>
    /// <param name="seen">What is known.</param>
    /// <param name="by">How far the clock was set; negative for back.</param>
    public static PodObservation Move(PodObservation seen, TimeSpan by) => seen with
    {
        Sandbox = seen.Sandbox with { Failure = Move(seen.Sandbox.Failure, by), ResizeFailure = Move(seen.Sandbox.ResizeFailure, by) },
        Containers = seen.Containers.ToDictionary(c => c.Key, c => Move(c.Value, by)),
        CleanupFailure = Move(seen.CleanupFailure, by),
    };

    private static ContainerObservation Move(ContainerObservation container, TimeSpan by) => container with
    {
        StartedAt = container.StartedAt + by,
        SignalledAt = container.SignalledAt + by,
        Exit = Move(container.Exit, by),
        LastExit = Move(container.LastExit, by),
        Refusal = Move(container.Refusal, by),
        BackOff = container.BackOff is { } backOff ? backOff with { UpdatedAt = backOff.UpdatedAt + by } : null,
        Stop = container.Stop is { } stop ? stop with { At = stop.At + by } : null,
    };

    private static ContainerExit? Move(ContainerExit? exit, TimeSpan by) =>
        exit is null ? null : exit with { StartedAt = exit.StartedAt + by, FinishedAt = exit.FinishedAt + by };

    private static Refusal? Move(Refusal? refusal, TimeSpan by) => refusal is null ? null : refusal with { At = refusal.At + by };
}

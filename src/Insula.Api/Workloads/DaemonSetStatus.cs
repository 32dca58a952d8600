namespace Insula.Api.Workloads;

/// <summary>State of a DaemonSet (apps/v1 DaemonSetStatus).</summary>
public sealed record DaemonSetStatus
{
    /// <summary>Machines that have its pod: 0 or 1.</summary>
    public int CurrentNumberScheduled { get; init; }

    /// <summary>Machines that have it and should not: 0.</summary>
    public int NumberMisscheduled { get; init; }

    /// <summary>Machines that should have it: 1.</summary>
    public int DesiredNumberScheduled { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int NumberReady { get; init; }

    /// <summary>The metadata.generation this is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Pods of the present template.</summary>
    public int? UpdatedNumberScheduled { get; init; }

    /// <summary>Pods ready for minReadySeconds.</summary>
    public int? NumberAvailable { get; init; }

    /// <summary>Pods that are wanted and not available.</summary>
    public int? NumberUnavailable { get; init; }

    /// <summary>Not used.</summary>
    public int? CollisionCount { get; init; }

    /// <summary>Conditions.</summary>
    public IReadOnlyList<WorkloadCondition> Conditions { get; init => field = value ?? []; } = [];
}

namespace Insula.Api.Workloads;

/// <summary>State of a Job (batch/v1 JobStatus).</summary>
public sealed record JobStatus
{
    /// <summary>Conditions.</summary>
    public IReadOnlyList<WorkloadCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>When it was begun, or resumed.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When it was complete.</summary>
    public DateTimeOffset? CompletionTime { get; init; }

    /// <summary>Pods that run or will.</summary>
    public int? Active { get; init; }

    /// <summary>Of them, those that are ready.</summary>
    public int? Ready { get; init; }

    /// <summary>Pods that are ending.</summary>
    public int? Terminating { get; init; }

    /// <summary>Pods that have succeeded.</summary>
    public int? Succeeded { get; init; }

    /// <summary>Pods that have failed.</summary>
    public int? Failed { get; init; }

    /// <summary>Indexes that have succeeded, as 1,3-5.</summary>
    public string? CompletedIndexes { get; init; }

    /// <summary>Indexes that have failed, as 1,3-5; with backoffLimitPerIndex alone.</summary>
    public string? FailedIndexes { get; init; }

    /// <summary>Pods that have ended and are being counted.</summary>
    public UncountedTerminatedPods? UncountedTerminatedPods { get; init; }
}

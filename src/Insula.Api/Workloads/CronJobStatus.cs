using Insula.Api.Core;

namespace Insula.Api.Workloads;

/// <summary>State of a CronJob (batch/v1 CronJobStatus).</summary>
public sealed record CronJobStatus
{
    /// <summary>Jobs that run.</summary>
    public IReadOnlyList<ObjectReference> Active { get; init => field = value ?? []; } = [];

    /// <summary>When the latest Job was due.</summary>
    public DateTimeOffset? LastScheduleTime { get; init; }

    /// <summary>When a Job was complete last.</summary>
    public DateTimeOffset? LastSuccessfulTime { get; init; }
}

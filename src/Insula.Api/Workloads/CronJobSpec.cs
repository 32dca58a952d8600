namespace Insula.Api.Workloads;

/// <summary>What a CronJob should be (batch/v1 CronJobSpec).</summary>
public sealed record CronJobSpec
{
    /// <summary>Minute, hour, day of the month, month, day of the week, as crontab(5) has them; or @hourly, @daily, @weekly, @monthly, @yearly.</summary>
    public string Schedule { get; init => field = value ?? ""; } = "";

    /// <summary>The zone of the schedule, as Europe/Berlin. Default the daemon's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>How late a Job may still be made. Not given: however late, the latest time missed alone.</summary>
    public long? StartingDeadlineSeconds { get; init; }

    /// <summary>Forbid: none while one runs; Replace: the one that runs is deleted. Default Allow.</summary>
    public string? ConcurrencyPolicy { get; init; }

    /// <summary>Whether no more Jobs are made. Default false.</summary>
    public bool? Suspend { get; init; }

    /// <summary>What the Jobs are made from.</summary>
    public JobTemplateSpec JobTemplate { get; init => field = value ?? new(); } = new();

    /// <summary>How many complete Jobs are kept. Default 3.</summary>
    public int? SuccessfulJobsHistoryLimit { get; init; }

    /// <summary>How many failed Jobs are kept. Default 1.</summary>
    public int? FailedJobsHistoryLimit { get; init; }
}

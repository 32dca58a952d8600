using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>Jobs made at times of a schedule (batch/v1 CronJob).</summary>
public sealed record CronJob
{
    /// <summary>Always "CronJob".</summary>
    public string Kind { get; init => field = value ?? "CronJob"; } = "CronJob";

    /// <summary>Always "batch/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "batch/v1"; } = "batch/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public CronJobSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public CronJobStatus Status { get; init => field = value ?? new(); } = new();
}

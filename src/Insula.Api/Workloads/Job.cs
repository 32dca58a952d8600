using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>Pods that run to their end (batch/v1 Job).</summary>
public sealed record Job
{
    /// <summary>Always "Job".</summary>
    public string Kind { get; init => field = value ?? "Job"; } = "Job";

    /// <summary>Always "batch/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "batch/v1"; } = "batch/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public JobSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public JobStatus Status { get; init => field = value ?? new(); } = new();
}

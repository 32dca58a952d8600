namespace Insula.Api.Workloads;

/// <summary>A condition of a workload (apps/v1 DeploymentCondition and its like).</summary>
public sealed record WorkloadCondition
{
    /// <summary>What it is about.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>True, False or Unknown.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    /// <summary>Why, in a word.</summary>
    public string? Reason { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public string? Message { get; init; }

    /// <summary>When it was looked at last.</summary>
    public DateTimeOffset? LastProbeTime { get; init; }

    /// <summary>When it was written last.</summary>
    public DateTimeOffset? LastUpdateTime { get; init; }

    /// <summary>When status changed last.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }
}

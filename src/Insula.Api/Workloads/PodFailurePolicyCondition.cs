namespace Insula.Api.Workloads;

/// <summary>Fits by a condition of the pod (batch/v1 PodFailurePolicyCondition).</summary>
public sealed record PodFailurePolicyCondition
{
    /// <summary>Type of the condition.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Its status. Default True.</summary>
    public string? Status { get; init; }
}

using Insula.Api.Meta;

namespace Insula.Api.Disruptions;

/// <summary>How many of some pods may be evicted at a time (policy/v1 PodDisruptionBudget).</summary>
public sealed record PodDisruptionBudget
{
    /// <summary>Always "PodDisruptionBudget".</summary>
    public string Kind { get; init => field = value ?? "PodDisruptionBudget"; } = "PodDisruptionBudget";

    /// <summary>Always "policy/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "policy/v1"; } = "policy/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public PodDisruptionBudgetSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public PodDisruptionBudgetStatus Status { get; init => field = value ?? new(); } = new();
}

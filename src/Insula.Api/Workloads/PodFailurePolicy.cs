namespace Insula.Api.Workloads;

/// <summary>What certain failures of pods mean (batch/v1 PodFailurePolicy).</summary>
public sealed record PodFailurePolicy
{
    /// <summary>The first that fits decides; when none does, the failure counts.</summary>
    public IReadOnlyList<PodFailurePolicyRule> Rules { get; init => field = value ?? []; } = [];
}

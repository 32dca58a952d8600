using Insula.Api.Workloads;

namespace Insula.Api.Disruptions;

/// <summary>State of a budget (policy/v1 PodDisruptionBudgetStatus).</summary>
public sealed record PodDisruptionBudgetStatus
{
    /// <summary>The generation that was looked at.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>How many pods may be evicted now.</summary>
    public int DisruptionsAllowed { get; init; }

    /// <summary>How many pods are ready.</summary>
    public int CurrentHealthy { get; init; }

    /// <summary>How many have to be.</summary>
    public int DesiredHealthy { get; init; }

    /// <summary>How many pods there should be.</summary>
    public int ExpectedPods { get; init; }

    /// <summary>Conditions.</summary>
    public IReadOnlyList<WorkloadCondition> Conditions { get; init => field = value ?? []; } = [];
}

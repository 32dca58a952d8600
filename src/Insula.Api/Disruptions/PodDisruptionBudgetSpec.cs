using Insula.Api.Meta;
using Insula.Api.Values;

namespace Insula.Api.Disruptions;

/// <summary>What a budget allows (policy/v1 PodDisruptionBudgetSpec).</summary>
public sealed record PodDisruptionBudgetSpec
{
    /// <summary>How many pods must be left: a number, or a percentage of those wanted, rounded up. Not with maxUnavailable.</summary>
    public IntOrString? MinAvailable { get; init; }

    /// <summary>How many pods may be missing: a number, or a percentage of those wanted, rounded up. Not with minAvailable.</summary>
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>The pods; {} is all of the namespace.</summary>
    public LabelSelectorFields? Selector { get; init; }

    /// <summary>When pods that are not ready may be evicted: IfHealthyBudget, as long as enough others are; AlwaysAllow, always. Default IfHealthyBudget.</summary>
    public string? UnhealthyPodEvictionPolicy { get; init; }
}

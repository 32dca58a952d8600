using Insula.Api.Values;

namespace Insula.Api.Autoscaling;

/// <summary>How fast the number of pods may change in one direction (autoscaling/v2 HPAScalingRules).</summary>
public sealed record ScalingRules
{
    /// <summary>How many seconds of recommendations are looked back on: the most cautious of them counts.</summary>
    public int? StabilizationWindowSeconds { get; init; }

    /// <summary>Which policy counts: Max (the largest change), Min, or Disabled for no change in this direction.</summary>
    public string? SelectPolicy { get; init; }

    /// <summary>Limits of the change.</summary>
    public IReadOnlyList<ScalingPolicy> Policies { get; init => field = value ?? []; } = [];

    /// <summary>Which part of a deviation from the target is let pass; 0.1 when left out.</summary>
    public Quantity? Tolerance { get; init; }
}

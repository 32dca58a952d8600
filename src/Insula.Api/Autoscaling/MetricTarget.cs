using Insula.Api.Values;

namespace Insula.Api.Autoscaling;

/// <summary>What is aimed at (autoscaling/v2 MetricTarget).</summary>
public sealed record MetricTarget
{
    /// <summary>Utilization or AverageValue.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Percent of what pods request.</summary>
    public int? AverageUtilization { get; init; }

    /// <summary>An amount for each pod.</summary>
    public Quantity? AverageValue { get; init; }
}

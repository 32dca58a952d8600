using Insula.Api.Values;

namespace Insula.Api.Autoscaling;

/// <summary>Amounts that were found (autoscaling/v2 MetricValueStatus).</summary>
public sealed record MetricValueStatus
{
    /// <summary>Percent of what pods request; null when requests do not count.</summary>
    public int? AverageUtilization { get; init; }

    /// <summary>The amount a pod.</summary>
    public Quantity? AverageValue { get; init; }
}

namespace Insula.Api.Autoscaling;

/// <summary>What was found of a resource (autoscaling/v2 ResourceMetricStatus, ContainerResourceMetricStatus).</summary>
public sealed record ResourceMetricStatus
{
    /// <summary>cpu or memory.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The container it is about; null for all of a pod.</summary>
    public string? Container { get; init; }

    /// <summary>The amounts.</summary>
    public MetricValueStatus Current { get; init => field = value ?? new(); } = new();
}

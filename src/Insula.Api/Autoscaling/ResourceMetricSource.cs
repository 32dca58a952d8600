namespace Insula.Api.Autoscaling;

/// <summary>A resource, and how much of it pods should use (autoscaling/v2 ResourceMetricSource, ContainerResourceMetricSource).</summary>
public sealed record ResourceMetricSource
{
    /// <summary>cpu or memory.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The container it is about; null for all of a pod.</summary>
    public string? Container { get; init; }

    /// <summary>What is aimed at.</summary>
    public MetricTarget Target { get; init => field = value ?? new(); } = new();
}

namespace Insula.Api.Autoscaling;

/// <summary>What was found (autoscaling/v2 MetricStatus).</summary>
public sealed record MetricStatus
{
    /// <summary>Resource or ContainerResource.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Of the type Resource.</summary>
    public ResourceMetricStatus? Resource { get; init; }

    /// <summary>Of the type ContainerResource.</summary>
    public ResourceMetricStatus? ContainerResource { get; init; }
}

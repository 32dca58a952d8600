namespace Insula.Api.Autoscaling;

/// <summary>What is looked at (autoscaling/v2 MetricSpec).</summary>
public sealed record MetricSpec
{
    /// <summary>Resource or ContainerResource.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>What pods use of a resource, with the type Resource.</summary>
    public ResourceMetricSource? Resource { get; init; }

    /// <summary>What one container of each pod uses, with the type ContainerResource.</summary>
    public ResourceMetricSource? ContainerResource { get; init; }
}

namespace Insula.Api.Autoscaling;

/// <summary>What an autoscaler should do (autoscaling/v2 HorizontalPodAutoscalerSpec).</summary>
public sealed record HorizontalPodAutoscalerSpec
{
    /// <summary>The workload whose replicas are set.</summary>
    public CrossVersionObjectReference ScaleTargetRef { get; init => field = value ?? new(); } = new();

    /// <summary>The fewest pods; 1 when left out.</summary>
    public int? MinReplicas { get; init; }

    /// <summary>The most pods.</summary>
    public int MaxReplicas { get; init; }

    /// <summary>What is looked at: the one that wants most pods decides.</summary>
    public IReadOnlyList<MetricSpec> Metrics { get; init => field = value ?? []; } = [];

    /// <summary>How fast it may go; null for the defaults of each direction.</summary>
    public ScalingBehavior? Behavior { get; init; }
}

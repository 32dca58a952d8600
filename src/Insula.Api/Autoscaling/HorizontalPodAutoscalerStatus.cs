using Insula.Api.Workloads;

namespace Insula.Api.Autoscaling;

/// <summary>State of an autoscaler (autoscaling/v2 HorizontalPodAutoscalerStatus).</summary>
public sealed record HorizontalPodAutoscalerStatus
{
    /// <summary>The metadata.generation this is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>When it changed the number last.</summary>
    public DateTimeOffset? LastScaleTime { get; init; }

    /// <summary>How many pods the workload wanted when it was looked at.</summary>
    public int CurrentReplicas { get; init; }

    /// <summary>How many the autoscaler wants.</summary>
    public int DesiredReplicas { get; init; }

    /// <summary>What was found.</summary>
    public IReadOnlyList<MetricStatus> CurrentMetrics { get; init => field = value ?? []; } = [];

    /// <summary>Conditions.</summary>
    public IReadOnlyList<WorkloadCondition> Conditions { get; init => field = value ?? []; } = [];
}

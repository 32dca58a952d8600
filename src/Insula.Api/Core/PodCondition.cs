namespace Insula.Api.Core;

/// <summary>A condition of a pod (core/v1 PodCondition).</summary>
public sealed record PodCondition
{
    /// <summary>PodScheduled, Initialized, ContainersReady, Ready, …; see PodConditionTypes.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>The metadata.generation the condition is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>True, False or Unknown; see ConditionStatuses.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    /// <summary>When the condition was last checked.</summary>
    public DateTimeOffset? LastProbeTime { get; init; }

    /// <summary>When status last changed.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>One word.</summary>
    public string? Reason { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }

    /// <summary>Insula's own: how long the pod has at most that is evicted for a soft threshold, whatever it gives itself.</summary>
    public long? GracePeriodSeconds { get; init; }
}

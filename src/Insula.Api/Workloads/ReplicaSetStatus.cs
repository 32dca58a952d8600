namespace Insula.Api.Workloads;

/// <summary>State of a ReplicaSet (apps/v1 ReplicaSetStatus).</summary>
public sealed record ReplicaSetStatus
{
    /// <summary>Its pods.</summary>
    public int Replicas { get; init; }

    /// <summary>Of them, those with all labels of the template.</summary>
    public int? FullyLabeledReplicas { get; init; }

    /// <summary>Of them, those that are ready.</summary>
    public int? ReadyReplicas { get; init; }

    /// <summary>Of them, those ready for minReadySeconds.</summary>
    public int? AvailableReplicas { get; init; }

    /// <summary>Pods that are ending.</summary>
    public int? TerminatingReplicas { get; init; }

    /// <summary>The metadata.generation this is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Conditions.</summary>
    public IReadOnlyList<WorkloadCondition> Conditions { get; init => field = value ?? []; } = [];
}

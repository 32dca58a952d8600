namespace Insula.Api.Workloads;

/// <summary>State of a StatefulSet (apps/v1 StatefulSetStatus).</summary>
public sealed record StatefulSetStatus
{
    /// <summary>The metadata.generation this is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Its pods.</summary>
    public int Replicas { get; init; }

    /// <summary>Of them, those that are ready.</summary>
    public int? ReadyReplicas { get; init; }

    /// <summary>Of them, those made from the template of currentRevision.</summary>
    public int? CurrentReplicas { get; init; }

    /// <summary>Of them, those made from the template of updateRevision.</summary>
    public int? UpdatedReplicas { get; init; }

    /// <summary>Name of the template that all pods had.</summary>
    public string? CurrentRevision { get; init; }

    /// <summary>Name of the present template.</summary>
    public string? UpdateRevision { get; init; }

    /// <summary>Not used.</summary>
    public int? CollisionCount { get; init; }

    /// <summary>Conditions.</summary>
    public IReadOnlyList<WorkloadCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>Of them, those ready for minReadySeconds.</summary>
    public int AvailableReplicas { get; init; }
}

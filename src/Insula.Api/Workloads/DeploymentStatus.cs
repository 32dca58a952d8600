namespace Insula.Api.Workloads;

/// <summary>State of a Deployment (apps/v1 DeploymentStatus).</summary>
public sealed record DeploymentStatus
{
    /// <summary>The metadata.generation this is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Pods of all its ReplicaSets.</summary>
    public int? Replicas { get; init; }

    /// <summary>Of them, those made from the present template.</summary>
    public int? UpdatedReplicas { get; init; }

    /// <summary>Of them, those that are ready.</summary>
    public int? ReadyReplicas { get; init; }

    /// <summary>Of them, those ready for minReadySeconds.</summary>
    public int? AvailableReplicas { get; init; }

    /// <summary>Pods that are still wanted for availability.</summary>
    public int? UnavailableReplicas { get; init; }

    /// <summary>Pods that are ending.</summary>
    public int? TerminatingReplicas { get; init; }

    /// <summary>Conditions.</summary>
    public IReadOnlyList<WorkloadCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>How often the hash of the template met a name that was taken.</summary>
    public int? CollisionCount { get; init; }
}

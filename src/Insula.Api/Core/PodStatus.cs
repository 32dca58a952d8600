namespace Insula.Api.Core;

/// <summary>What is known of a pod (core/v1 PodStatus).</summary>
public sealed record PodStatus
{
    /// <summary>The metadata.generation this status is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Pending, Running, Succeeded, Failed or Unknown; see PodPhases.</summary>
    public string? Phase { get; init; }

    /// <summary>Conditions; see PodConditionTypes.</summary>
    public IReadOnlyList<PodCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>Why the pod is in this state, for people.</summary>
    public string? Message { get; init; }

    /// <summary>The same in one word.</summary>
    public string? Reason { get; init; }

    /// <summary>No meaning on one machine.</summary>
    public string? NominatedNodeName { get; init; }

    /// <summary>Address of the machine.</summary>
    public string? HostIP { get; init; }

    /// <summary>All addresses of the machine.</summary>
    public IReadOnlyList<HostIP> HostIPs { get; init => field = value ?? []; } = [];

    /// <summary>First address of the pod.</summary>
    public string? PodIP { get; init; }

    /// <summary>All addresses of the pod.</summary>
    public IReadOnlyList<PodIP> PodIPs { get; init => field = value ?? []; } = [];

    /// <summary>When the daemon accepted the pod.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>One per init container.</summary>
    public IReadOnlyList<ContainerStatus> InitContainerStatuses { get; init => field = value ?? []; } = [];

    /// <summary>One per container.</summary>
    public IReadOnlyList<ContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];

    /// <summary>Guaranteed, Burstable or BestEffort; see QosClasses.</summary>
    public string? QosClass { get; init; }

    /// <summary>One per ephemeral container.</summary>
    public IReadOnlyList<ContainerStatus> EphemeralContainerStatuses { get; init => field = value ?? []; } = [];

    /// <summary>State of a change of resources.</summary>
    public string? Resize { get; init; }
}

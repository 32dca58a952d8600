namespace Insula.Api.Core;

/// <summary>Types of pod conditions.</summary>
public static class PodConditionTypes
{
    /// <summary>"PodScheduled".</summary>
    public const string PodScheduled = "PodScheduled";

    /// <summary>"PodReadyToStartContainers".</summary>
    public const string PodReadyToStartContainers = "PodReadyToStartContainers";

    /// <summary>"Initialized".</summary>
    public const string Initialized = "Initialized";

    /// <summary>"ContainersReady".</summary>
    public const string ContainersReady = "ContainersReady";

    /// <summary>"Ready".</summary>
    public const string Ready = "Ready";

    /// <summary>"AllContainersRestarting".</summary>
    public const string AllContainersRestarting = "AllContainersRestarting";

    /// <summary>"PodResizePending": what the containers' resources were changed to is not set aside for them.</summary>
    public const string PodResizePending = "PodResizePending";

    /// <summary>"PodResizeInProgress": it is, and does not hold yet.</summary>
    public const string PodResizeInProgress = "PodResizeInProgress";

    /// <summary>"DisruptionTarget".</summary>
    public const string DisruptionTarget = "DisruptionTarget";
}

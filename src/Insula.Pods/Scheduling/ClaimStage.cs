namespace Insula.Pods.Scheduling;

/// <summary>Where a pod stands with the machine.</summary>
public enum ClaimStage
{
    /// <summary>It has no place yet.</summary>
    Waiting,

    /// <summary>It has a place, and keeps it until it has ended or is gone.</summary>
    Placed,

    /// <summary>It was deleted, and keeps its place until nothing of it is left.</summary>
    Leaving,
}

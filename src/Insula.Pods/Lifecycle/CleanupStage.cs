namespace Insula.Pods.Lifecycle;

/// <summary>How far the removal of a deleted pod's directory and object has come.</summary>
public enum CleanupStage
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>The directory, volumes and logs are being removed.</summary>
    Running,

    /// <summary>It did not complete; it is tried again when due.</summary>
    Failed,

    /// <summary>Nothing of the pod is left but its object.</summary>
    Done,

    /// <summary>The object's removal was ordered.</summary>
    Removing,
}

namespace Insula.Pods.Lifecycle;

/// <summary>Why a container was asked to stop.</summary>
public enum StopCause
{
    /// <summary>The pod is being deleted.</summary>
    Deletion,

    /// <summary>Its liveness probe failed.</summary>
    Liveness,

    /// <summary>Its startup probe failed.</summary>
    Startup,

    /// <summary>Its image was changed in the specification.</summary>
    ImageChange,

    /// <summary>The pod is over: deadline, failed initialization, or its main containers are done.</summary>
    PodOver,

    /// <summary>All pods of the machine are ended, to begin anew with the next daemon.</summary>
    Shutdown,

    /// <summary>Its postStart hook failed.</summary>
    PostStart,

    /// <summary>All containers of the pod begin anew, since one ended with an exit code whose rule says so.</summary>
    RestartAll,

    /// <summary>Its resources were changed, and its resizePolicy says that it has to begin anew with them.</summary>
    Resize,
}

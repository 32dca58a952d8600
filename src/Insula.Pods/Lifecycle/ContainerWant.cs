namespace Insula.Pods.Lifecycle;

/// <summary>What the specification and the rest of the pod ask of one container now.</summary>
public enum ContainerWant
{
    /// <summary>Wait: the sandbox or an earlier init container is not ready.</summary>
    Hold,

    /// <summary>Run; after an exit, run again when the back-off allows.</summary>
    Run,

    /// <summary>End what runs and start anew at once: a probe condemned it or its image changed.</summary>
    Replace,

    /// <summary>End with grace and do not start again.</summary>
    End,

    /// <summary>Nothing more: it has done its work, or the pod is over.</summary>
    Rest,

    /// <summary>End at once, without hook or grace: all containers begin anew when none runs.</summary>
    Abandon,
}

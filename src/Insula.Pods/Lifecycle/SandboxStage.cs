namespace Insula.Pods.Lifecycle;

/// <summary>Where the pod's sandbox stands.</summary>
public enum SandboxStage
{
    /// <summary>There is none and nothing of one is left.</summary>
    None,

    /// <summary>It is being made: volumes, namespaces, network.</summary>
    Creating,

    /// <summary>Making it failed and was undone; it is tried again when due.</summary>
    CreateFailed,

    /// <summary>Its shim lives and containers can be started in it.</summary>
    Ready,

    /// <summary>Its shim died; what is left of it must be removed.</summary>
    Dead,

    /// <summary>It is being removed.</summary>
    Destroying,

    /// <summary>Removing it did not complete; it is tried again when due.</summary>
    DestroyFailed,
}

namespace Insula.Pods.Lifecycle;

/// <summary>The three probes a container may have.</summary>
public enum ProbeKind
{
    /// <summary>Holds the others back until the container has started up.</summary>
    Startup,

    /// <summary>Decides whether the container is to be reached.</summary>
    Readiness,

    /// <summary>Decides whether the container is to be replaced.</summary>
    Liveness,
}

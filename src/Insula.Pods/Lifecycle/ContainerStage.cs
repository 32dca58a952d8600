namespace Insula.Pods.Lifecycle;

/// <summary>Where one container stands, as the worker knows it.</summary>
public enum ContainerStage
{
    /// <summary>Not started in this sandbox, or never.</summary>
    Absent,

    /// <summary>A start was ordered and has not been answered.</summary>
    Starting,

    /// <summary>Its process runs.</summary>
    Running,

    /// <summary>Its process was sent the stop signal and its grace runs.</summary>
    Stopping,

    /// <summary>Its cgroup was killed; the exit is awaited.</summary>
    Killing,

    /// <summary>Its last start has ended; a start whose exec failed ends here too.</summary>
    Exited,

    /// <summary>It could not be started for what it asks (image, configuration); no start was counted.</summary>
    Refused,

    /// <summary>Its image is being pulled: nothing of it runs, and it may be given up at any time.</summary>
    Pulling,

    /// <summary>Its image has been pulled and waits to be started.</summary>
    Pulled,
}

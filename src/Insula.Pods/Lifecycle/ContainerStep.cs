namespace Insula.Pods.Lifecycle;

/// <summary>What to do about one container: the entries of <see cref="ContainerTable"/>.</summary>
public enum ContainerStep
{
    /// <summary>Nothing; an event or another container's progress will change the cell.</summary>
    Wait,

    /// <summary>Start it now.</summary>
    Start,

    /// <summary>Start it when its back-off is over.</summary>
    StartWhenDue,

    /// <summary>Send the stop signal; its grace begins.</summary>
    Stop,

    /// <summary>Kill its cgroup when its grace is over.</summary>
    KillWhenDue,

    /// <summary>Kill its cgroup now.</summary>
    Kill,
}

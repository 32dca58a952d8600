using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>Something the worker shall do. Each is begun once: the observation records that it was.</summary>
public abstract record PodAction
{
    /// <summary>Make the sandbox: pod directory, volumes, namespaces, network.</summary>
    public sealed record CreateSandbox(int Attempt) : PodAction;

    /// <summary>Remove the sandbox with everything in it, and the network it had.</summary>
    public sealed record DestroySandbox(int Attempt) : PodAction;

    /// <summary>Start a container.</summary>
    /// <param name="Name">The container.</param>
    /// <param name="Attempt">The restart count of this start.</param>
    /// <param name="Image">The image reference of the specification.</param>
    /// <param name="BackOff">The back-off that this start arms.</param>
    public sealed record StartContainer(string Name, int Attempt, string Image, BackOff? BackOff) : PodAction;

    /// <summary>Ask a container to stop: its stop signal, or, without grace, a kill.</summary>
    /// <param name="Name">The container.</param>
    /// <param name="Attempt">Which start.</param>
    /// <param name="Order">Why, and how long it has.</param>
    /// <param name="Signals">Whether the signal is sent at once; otherwise its preStop hook comes first.</param>
    public sealed record StopContainer(string Name, int Attempt, StopOrder Order, bool Signals = true) : PodAction;

    /// <summary>Send a container its stop signal, when its preStop hook has ended or has used up the grace.</summary>
    public sealed record SignalContainer(string Name, int Attempt, DateTimeOffset At) : PodAction;

    /// <summary>Run a hook.</summary>
    /// <param name="Name">The container.</param>
    /// <param name="Attempt">Which start.</param>
    /// <param name="Kind">Which hook.</param>
    /// <param name="Deadline">When it is given up; null when it may take as long as its container lives.</param>
    public sealed record RunHook(string Name, int Attempt, HookKind Kind, DateTimeOffset? Deadline) : PodAction;

    /// <summary>Kill a container's cgroup.</summary>
    /// <param name="Name">The container.</param>
    /// <param name="Attempt">Which start.</param>
    /// <param name="Order">Why, when it was not asked to stop before.</param>
    public sealed record KillContainer(string Name, int Attempt, StopOrder? Order = null) : PodAction;

    /// <summary>From now on all containers end, to begin anew. Recorded before the first of them is killed.</summary>
    /// <param name="Name">The container whose exit asks for it.</param>
    /// <param name="Attempt">Which start of it.</param>
    /// <param name="ExitCode">How it ended.</param>
    public sealed record RestartAll(string Name, int Attempt, int ExitCode) : PodAction;

    /// <summary>All containers have ended and begin anew. Recorded before the first of them is started.</summary>
    /// <param name="Name">The container whose exit asked for it.</param>
    /// <param name="BackOff">The back-off that its next start has armed.</param>
    public sealed record BeginAnew(string Name, BackOff? BackOff) : PodAction;

    /// <summary>Put into force what is set aside for the containers. Not before it is recorded that it is.</summary>
    /// <param name="Sandbox">The sandbox.</param>
    /// <param name="Steps">What is written, in order.</param>
    public sealed record Resize(int Sandbox, IReadOnlyList<ResizeStep> Steps) : PodAction;

    /// <summary>Remove the deleted pod's directory, volumes and logs.</summary>
    public sealed record Cleanup : PodAction;

    /// <summary>Remove the pod's object from the store.</summary>
    public sealed record RemoveObject : PodAction;
}

using Insula.Api.Core;
using Insula.Pods.Admission;
using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>What is known of a pod: kernel truth as the shim told it, and what the worker has begun.</summary>
public sealed record PodObservation
{
    /// <summary>Nothing has happened yet.</summary>
    public static PodObservation Empty { get; } = new();

    /// <summary>The sandbox.</summary>
    public SandboxObservation Sandbox { get; init; } = new();

    /// <summary>The containers by name, init containers included; a missing one is absent.</summary>
    public IReadOnlyDictionary<string, ContainerObservation> Containers { get; init; } = new Dictionary<string, ContainerObservation>();

    /// <summary>The longest grace of a pod that is ended with the machine's others, not deleted; null as long as it is not.</summary>
    public TimeSpan? Draining { get; init; }

    /// <summary>The restart of all containers that is under way: from the exit that asked for it until they begin anew; null when there is none.</summary>
    public PodRestart? Restart { get; init; }

    /// <summary>Why the machine does not take the pod; null when it does or was not asked yet.</summary>
    public Rejection? Rejected { get; init; }

    /// <summary>Why the machine has no room for the pod yet; null when it has.</summary>
    public string? Unplaced { get; init; }

    /// <summary>Whether others were told to end for the pod, which waits for their room.</summary>
    public bool IsNominated { get; init; }

    /// <summary>What is set aside for the containers, by their names; null as long as the pod has no place.</summary>
    public IReadOnlyDictionary<string, ResourceRequirements>? Allocated { get; init; }

    /// <summary>Why what the containers' resources were changed to is not set aside; null when it is.</summary>
    public PendingResize? PendingResize { get; init; }

    /// <summary>How far the removal has come.</summary>
    public CleanupStage Cleanup { get; init; }

    /// <summary>Why the removal failed.</summary>
    public Refusal? CleanupFailure { get; init; }

    /// <summary>Whether nothing of the pod runs or is left in the kernel.</summary>
    public bool IsIdle => Sandbox.Stage == SandboxStage.None && !Containers.Values.Any(c => c.IsLive);

    /// <summary>What is known of a container.</summary>
    public ContainerObservation Container(string name) => Containers.TryGetValue(name, out var found) ? found : Unseen;

    private static ContainerObservation Unseen { get; } = new();

    /// <summary>The same with one container changed.</summary>
    public PodObservation With(string name, ContainerObservation container)
    {
        var changed = new Dictionary<string, ContainerObservation>(Containers) { [name] = container };
        return this with { Containers = changed };
    }
}

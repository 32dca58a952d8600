using Insula.Api.Core;
using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>Something that happened to a pod. Facts about a sandbox or start that is no longer the current one are ignored.</summary>
public abstract record PodFact
{
    /// <summary>The sandbox is ready.</summary>
    public sealed record SandboxReady(int Attempt, IReadOnlyList<string> Addresses) : PodFact
    {
        /// <summary>What the pod as a whole is held to.</summary>
        public GroupLimits? Limits { get; init; }
    }

    /// <summary>The sandbox could not be made; what was begun is undone.</summary>
    /// <param name="Attempt">The sandbox.</param>
    /// <param name="Reason">A Kubernetes event reason.</param>
    /// <param name="Message">What failed and what to do.</param>
    /// <param name="Abandoned">The making hangs and may yet end: the next attempt needs a name of its own.</param>
    public sealed record SandboxRefused(int Attempt, string Reason, string Message, bool Abandoned = false) : PodFact;

    /// <summary>The machine does not take the pod; nothing was begun.</summary>
    /// <param name="Attempt">The sandbox that was to be made.</param>
    /// <param name="Reason">The kubelet's word.</param>
    /// <param name="Message">Why.</param>
    public sealed record Rejected(int Attempt, string Reason, string Message) : PodFact;

    /// <summary>The machine has no room for the pod yet; nothing was begun.</summary>
    /// <param name="Message">What is missing.</param>
    /// <param name="IsNominated">Whether room is being made for it.</param>
    public sealed record Unplaced(string Message, bool IsNominated = false) : PodFact;

    /// <summary>The machine has room for the pod now.</summary>
    public sealed record Placed : PodFact
    {
        /// <summary>What is set aside for its containers, by their names.</summary>
        public IReadOnlyDictionary<string, ResourceRequirements>? Resources { get; init; }
    }

    /// <summary>The machine has room for what the containers' resources were changed to, and has set it aside.</summary>
    /// <param name="Resources">What is set aside, by the containers' names.</param>
    public sealed record ResizeGranted(IReadOnlyDictionary<string, ResourceRequirements> Resources) : PodFact;

    /// <summary>The machine has no room for it.</summary>
    public sealed record ResizeHeldBack(PendingResize Why) : PodFact;

    /// <summary>What is set aside was put into force, as far as it went.</summary>
    /// <param name="Sandbox">The sandbox.</param>
    /// <param name="Done">The steps that were done.</param>
    /// <param name="Failure">What failed; null when nothing did.</param>
    public sealed record Resized(int Sandbox, IReadOnlyList<ResizeStep> Done, string? Failure) : PodFact;

    /// <summary>The sandbox's shim is dead (or its boot is over); every process of it is or will be killed.</summary>
    /// <param name="Attempt">The sandbox.</param>
    /// <param name="Why">What became of it.</param>
    /// <param name="Unanswered">The containers whose unanswered start has left its log: their program may have run.</param>
    public sealed record SandboxLost(int Attempt, string Why, IReadOnlySet<string>? Unanswered = null) : PodFact;

    /// <summary>Nothing of the sandbox is left.</summary>
    public sealed record SandboxGone(int Attempt) : PodFact;

    /// <summary>Removing the sandbox did not complete.</summary>
    public sealed record SandboxStuck(int Attempt, string Message) : PodFact;

    /// <summary>A container's process runs.</summary>
    /// <param name="Name">The container.</param>
    /// <param name="Attempt">Which start.</param>
    /// <param name="StartedAt">When its program was exec'd.</param>
    /// <param name="ImageId">Digest of its image.</param>
    /// <param name="User">The ids the kernel gave it; null when they are not known.</param>
    /// <param name="StopSignal">The name of the signal that asks it to stop.</param>
    public sealed record ContainerStarted(string Name, int Attempt, DateTimeOffset StartedAt, string ImageId, LinuxContainerUser? User = null, string? StopSignal = null) : PodFact;

    /// <summary>A container cannot be started for what it asks; no start was counted.</summary>
    public sealed record ContainerRefused(string Name, int Attempt, string Reason, string Message) : PodFact;

    /// <summary>A container's start waits until its image is pulled.</summary>
    /// <param name="Name">The container.</param>
    /// <param name="Image">The reference, as the start was ordered with it.</param>
    public sealed record PullStarted(string Name, string Image) : PodFact;

    /// <summary>A container's image has been pulled.</summary>
    public sealed record Pulled(string Name, string Image) : PodFact;

    /// <summary>A container's image could not be pulled.</summary>
    /// <param name="Name">The container.</param>
    /// <param name="Image">The reference.</param>
    /// <param name="Message">Why, and what to do.</param>
    public sealed record PullFailed(string Name, string Image, string Message) : PodFact;

    /// <summary>A start failed in the launcher: it counts as a start that ended with exit code 128.</summary>
    public sealed record ContainerStartFailed(string Name, int Attempt, string Message) : PodFact;

    /// <summary>A container's process ended.</summary>
    public sealed record ContainerExited(string Name, int Attempt, int ExitCode, string Reason, string Message, DateTimeOffset? StartedAt, DateTimeOffset FinishedAt) : PodFact;

    /// <summary>A hook ended, by itself or at its deadline.</summary>
    public sealed record HookEnded(string Name, int Attempt, HookKind Kind, bool Ok) : PodFact;

    /// <summary>A probe's verdict changed.</summary>
    public sealed record ProbeChanged(string Name, int Attempt, ProbeKind Kind, ProbeVerdict Verdict) : PodFact;

    /// <summary>Images were loaded or removed: starts refused for theirs are tried at once.</summary>
    public sealed record ImagesChanged : PodFact;

    /// <summary>A ConfigMap, Secret or claim that the pod names has appeared, changed or gone: what waited for one is tried at once.</summary>
    public sealed record ReferencesChanged : PodFact;

    /// <summary>The pod is to end and wait for the next daemon.</summary>
    /// <param name="Limit">The longest grace.</param>
    public sealed record Drained(TimeSpan Limit) : PodFact;

    /// <summary>The deleted pod's directory is gone.</summary>
    public sealed record CleanupDone : PodFact;

    /// <summary>The deleted pod's directory could not be removed.</summary>
    public sealed record CleanupFailed(string Message) : PodFact;
}

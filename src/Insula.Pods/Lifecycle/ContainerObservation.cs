using Insula.Api.Core;

namespace Insula.Pods.Lifecycle;

/// <summary>What is known of one container. The decision function reads nothing else of it.</summary>
public sealed record ContainerObservation
{
    /// <summary>Where it stands.</summary>
    public ContainerStage Stage { get; init; }

    /// <summary>The restart count: of the current start, or of the coming one when it was never started.</summary>
    public int Attempt { get; init; }

    /// <summary>It was started at least once in the pod's life, so that a further start is a restart.</summary>
    public bool EverStarted { get; init; }

    /// <summary>When the current process started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How the current start ended (at <see cref="ContainerStage.Exited"/>).</summary>
    public ContainerExit? Exit { get; init; }

    /// <summary>How the start before the current one ended.</summary>
    public ContainerExit? LastExit { get; init; }

    /// <summary>Why it could not be begun (at <see cref="ContainerStage.Refused"/>).</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>The armed back-off; null before the first restart.</summary>
    public BackOff? BackOff { get; init; }

    /// <summary>The image reference, as the specification wrote it, of the current start.</summary>
    public string? Image { get; init; }

    /// <summary>The config digest of the current start's image.</summary>
    public string? ImageId { get; init; }

    /// <summary>The ids the kernel gave the current start's first process, before its program could change them.</summary>
    public LinuxContainerUser? User { get; init; }

    /// <summary>The name of the signal that asks the current start to stop.</summary>
    public string? StopSignal { get; init; }

    /// <summary>What the current start is held to; null when it is not known, and for ephemeral containers, which are held to nothing of their own.</summary>
    public ResourceRequirements? Actual { get; init; }

    /// <summary>The stop that was ordered for the current start.</summary>
    public StopOrder? Stop { get; init; }

    /// <summary>When the current start was sent its stop signal; null before, and while its preStop hook holds it back.</summary>
    public DateTimeOffset? SignalledAt { get; init; }

    /// <summary>How far the postStart hook of the current start is.</summary>
    public HookStage PostStart { get; init; }

    /// <summary>How far the preStop hook of the current start is.</summary>
    public HookStage PreStop { get; init; }

    /// <summary>What the startup probe says; <see cref="ProbeVerdict.Unknown"/> holds the others back.</summary>
    public ProbeVerdict Startup { get; init; }

    /// <summary>What the readiness probe says.</summary>
    public ProbeVerdict Readiness { get; init; }

    /// <summary>What the liveness probe says.</summary>
    public ProbeVerdict Liveness { get; init; }

    /// <summary>Its end belongs to an earlier sandbox, or to what was before all containers began anew: an init container of it has to run again.</summary>
    public bool Stale { get; init; }

    /// <summary>A process of it runs or may come to run.</summary>
    public bool IsLive => Stage is ContainerStage.Starting or ContainerStage.Running or ContainerStage.Stopping or ContainerStage.Killing;
}

using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Pods;

namespace Insula.Pods.Lifecycle;

/// <summary>Container statuses and the phase, in Kubernetes' words.</summary>
internal static class PodStatusBuilder
{
    private static readonly ResourceRequirements Nothing = new();

    public static PodStatus Build(Pod pod, PodShape shape, PodObservation seen, PodOutcome outcome, DateTimeOffset now, LifecycleRules rules)
    {
        var before = pod.Status;
        var over = outcome.Over && !seen.Containers.Values.Any(c => c.IsLive);
        var initialized = shape.Initialized(seen);
        var waiting = initialized || over ? Reasons.ContainerCreating : Reasons.PodInitializing;

        // Kubernetes tells it in events alone; here it is where one looks first.
        var blocked = seen.Sandbox is { Stage: SandboxStage.CreateFailed, Failure: { } failure } ? failure.Message : null;
        // A deleted pod that is ready serves until another is, or until its containers have ended (KEP-1669): its Ready stays.
        var unready = outcome.Over || seen.Draining is not null;
        var leaving = pod.Metadata.DeletionTimestamp is not null || unready;
        var uid = pod.Metadata.Uid ?? "";
        var name = $"{pod.Metadata.Name}_{pod.Metadata.Namespace}({uid})";

        var inits = shape.Init.Select((c, i) =>
            Container(c, seen.Container(c.Name), uid, name, i == 0 || seen.Sandbox.Stage != SandboxStage.Ready ? Reasons.ContainerCreating : Reasons.PodInitializing, blocked, leaving, unready, shape, true, seen.Allocated, rules, now)).ToList();
        var mains = shape.Main.Select(c =>
            Container(c, seen.Container(c.Name), uid, name, waiting, blocked, leaving, unready, shape, false, seen.Allocated, rules, now)).ToList();

        // Never ready, and never to be started again: neither says anything of the pod.
        var ephemeral = shape.Ephemeral.Select(c =>
            Container(c, seen.Container(c.Name), uid, name, Reasons.ContainerCreating, blocked, leaving: true, unready: true, shape, init: false, allocated: null, rules, now)).ToList();

        var rejected = over && before.ContainerStatuses.All(c => c.ContainerID is null) && (seen.Rejected is not null || before is { Phase: PodPhases.Failed, ContainerStatuses.Count: 0 });
        var unplaced = seen.Unplaced is not null && !over;
        var phase = over ? outcome.Phase! : Phase(shape, seen, initialized);
        var addresses = seen.Sandbox.Addresses.Count > 0 ? seen.Sandbox.Addresses : before.PodIPs.Select(a => a.Ip).ToList();
        var status = before with
        {
            ObservedGeneration = pod.Metadata.Generation ?? before.ObservedGeneration,
            Phase = phase,
            Reason = over ? outcome.Reason : null,
            Message = over ? outcome.Message : null,
            NominatedNodeName = unplaced && seen.IsNominated ? pod.Spec.NodeName : null,
            StartTime = before.StartTime ?? (seen.Unplaced is null ? now : null),
            QosClass = before.QosClass ?? PodQos.Of(pod.Spec),
            PodIP = addresses.Count > 0 ? addresses[0] : null,
            PodIPs = addresses.Select(a => new PodIP { Ip = a }).ToList(),

            // A pod that was rejected before its first sandbox, or has no place yet, has no containers to tell of.
            InitContainerStatuses = rejected || unplaced ? [] : inits,
            ContainerStatuses = rejected || unplaced ? [] : mains,
            EphemeralContainerStatuses = rejected || unplaced ? [] : ephemeral,
        };
        var conditions = PodConditions.Build(pod, shape, seen, status, initialized, unready, now);
        return status with { Conditions = unplaced ? [.. conditions.Where(c => !PodConditions.IsOwn(c.Type) || c.Type == PodConditionTypes.PodScheduled)] : conditions };
    }

    /// <summary>Whether a waiting reason is about the image.</summary>
    public static bool IsImageReason(string reason) =>
        reason is Reasons.ErrImagePull or Reasons.ErrImageNeverPull or Reasons.ImagePullBackOff or Reasons.InvalidImageName;

    private static string Phase(PodShape shape, PodObservation seen, bool initialized)
    {
        if (!initialized)
        {
            return PodPhases.Pending;
        }

        // A container that has never run keeps the pod Pending; one that waits for its restart does not.
        return shape.Main.All(c => Shown(c, seen.Container(c.Name)).EverStarted) ? PodPhases.Running : PodPhases.Pending;
    }

    /// <summary>As long as its postStart hook runs, a container is shown as one whose start is not answered yet.</summary>
    private static ContainerObservation Shown(Container spec, ContainerObservation seen) => !PodShape.IsHooked(spec, seen) || seen.PostStart == HookStage.Failed ? seen : seen with
    {
        Stage = ContainerStage.Starting,
        Attempt = Math.Max(seen.Attempt - 1, 0),
        EverStarted = seen.Attempt > 0,
        Exit = seen.LastExit,
        LastExit = null,
    };

    private static ContainerStatus Container(
        Container spec, ContainerObservation seen, string uid, string podName, string waiting, string? blocked, bool leaving, bool unready, PodShape shape, bool init,
        IReadOnlyDictionary<string, ResourceRequirements>? allocated, LifecycleRules rules, DateTimeOffset now)
    {
        seen = Shown(spec, seen);
        var sidecar = init && PodShape.IsSidecar(spec);
        var started = PodShape.HasStarted(spec, seen);
        var ready = init && !sidecar
            ? seen is { Stage: ContainerStage.Exited, Exit.ExitCode: 0 }
            : !unready && PodShape.IsReady(spec, seen, deleted: leaving);
        var (state, last) = States(spec, seen, uid, podName, waiting, blocked, leaving, shape, init, rules, now);
        var own = allocated?.GetValueOrDefault(spec.Name) ?? Nothing;
        return new ContainerStatus
        {
            Name = spec.Name,
            Image = spec.Image ?? "",
            ImageID = seen.ImageId ?? "",
            ContainerID = seen.EverStarted ? ContainerId(uid, spec.Name, seen.Attempt) : null,
            RestartCount = seen.Attempt,
            Ready = ready,
            Started = started,
            State = state,
            LastState = last,
            AllocatedResources = own.Requests,
            Resources = (seen.IsLive ? seen.Actual : null) ?? (allocated is null ? null : own),
            User = seen.User is { } user ? new ContainerUser { Linux = user } : null,
            StopSignal = seen.StopSignal,
            VolumeMounts = seen.EverStarted ? VolumeMounts(spec) : [],
        };
    }

    // Kubernetes 1.35 tells recursiveReadOnly of read-only mounts alone, and what became of it, not what was asked.
    private static List<VolumeMountStatus> VolumeMounts(Container spec) => [.. spec.VolumeMounts.Select(mount => new VolumeMountStatus
    {
        Name = mount.Name,
        MountPath = mount.MountPath,
        ReadOnly = mount.ReadOnly,
        RecursiveReadOnly = !mount.ReadOnly ? null
            : mount.RecursiveReadOnly is RecursiveReadOnlyModes.Enabled or RecursiveReadOnlyModes.IfPossible ? RecursiveReadOnlyModes.Enabled
            : RecursiveReadOnlyModes.Disabled,
    })];

    private static (ContainerState State, ContainerState Last) States(
        Container spec, ContainerObservation seen, string uid, string podName, string waiting, string? blocked, bool leaving, PodShape shape, bool init, LifecycleRules rules, DateTimeOffset now)
    {
        switch (seen.Stage)
        {
            case ContainerStage.Running:
            case ContainerStage.Stopping:
            case ContainerStage.Killing:
                return (new ContainerState { Running = new ContainerStateRunning { StartedAt = seen.StartedAt } }, Ended(seen.LastExit, uid, spec.Name));
            case ContainerStage.Refused or ContainerStage.Pulling or ContainerStage.Pulled when seen.Refusal is { Reason: Reasons.ErrImagePull } pull && pull.Delay > rules.Crash.Initial:
                // Not the first time: from here on it is the waiting that is told, also while it is tried again.
                return (Waiting(Reasons.ImagePullBackOff, $"Back-off pulling image \"{spec.Image}\": {pull.Reason}: {pull.Message}"), Ended(seen.Exit ?? seen.LastExit, uid, spec.Name));
            case ContainerStage.Refused:
                return (Waiting(seen.Refusal!.Reason, seen.Refusal.Message), Ended(seen.Exit ?? seen.LastExit, uid, spec.Name));
            case ContainerStage.Exited when seen.Exit is { } exit && !leaving && Restarts(shape, spec, seen, exit, init):
                var due = PodLifecycle.DueOf(seen, rules);
                if (due <= now || seen.BackOff is null || seen.Stale)
                {
                    return (Ended(exit, uid, spec.Name), Ended(seen.LastExit, uid, spec.Name));
                }

                var backOff = string.Create(CultureInfo.InvariantCulture, $"back-off {Duration(seen.BackOff.Delay)} restarting failed container={spec.Name} pod={podName}");
                return exit.IsStartError
                    ? (Waiting(Reasons.RunContainerError, $"{exit.Message}; {backOff}"), Ended(exit, uid, spec.Name))
                    : (Waiting(Reasons.CrashLoopBackOff, backOff), Ended(exit, uid, spec.Name));
            case ContainerStage.Exited when seen.Exit is { } ended:
                return (Ended(ended, uid, spec.Name), Ended(seen.LastExit, uid, spec.Name));
            case ContainerStage.Pulling or ContainerStage.Pulled when seen.Refusal is { Reason: Reasons.ErrImagePull } pull:
                return (Waiting(pull.Reason, pull.Message), Ended(seen.Exit ?? seen.LastExit, uid, spec.Name));
            case ContainerStage.Pulling when seen.Exit is null:
                return (Waiting(waiting, $"pulling image \"{spec.Image}\""), Ended(seen.LastExit, uid, spec.Name));
            case ContainerStage.Starting or ContainerStage.Pulling or ContainerStage.Pulled when seen.Exit is { } previous:
                return (Ended(previous, uid, spec.Name), Ended(seen.LastExit, uid, spec.Name));
            default:
                return (Waiting(waiting, blocked), Ended(seen.LastExit, uid, spec.Name));
        }
    }

    private static bool Restarts(PodShape shape, Container spec, ContainerObservation seen, ContainerExit exit, bool init)
    {
        if (!init)
        {
            return shape.RestartsAfter(spec, exit);
        }

        return PodShape.IsSidecar(spec) || (!PodShape.InitDone(spec, seen) && shape.RestartsAfter(spec, exit));
    }

    private static string ContainerId(string uid, string name, int attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"insula://{uid}/{name}.{attempt}");

    private static ContainerState Waiting(string reason, string? message) =>
        new() { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } };

    private static ContainerState Ended(ContainerExit? exit, string uid, string name) => exit is null ? new ContainerState() : new ContainerState
    {
        Terminated = new ContainerStateTerminated
        {
            ExitCode = exit.ExitCode,
            Reason = exit.Reason,
            Message = exit.Message.Length > 0 ? exit.Message : null,
            StartedAt = exit.StartedAt,
            FinishedAt = exit.FinishedAt,
            ContainerID = ContainerId(uid, name, exit.Attempt),
        },
    };

    // Go's duration notation, which users grep for: 10s, 2m40s.
    private static string Duration(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds}ms");
        }

        var minutes = (int)span.TotalMinutes;
        var seconds = span - TimeSpan.FromMinutes(minutes);
        return minutes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds.TotalSeconds}s")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds.TotalSeconds}s");
    }
}

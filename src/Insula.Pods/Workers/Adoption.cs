using System.Globalization;
using Insula.Api.Core;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Resizing;

namespace Insula.Pods.Workers;

/// <summary>
/// What a daemon knows of a pod that an earlier one left: kernel truth (the shim's list) over the written status. Pure.
/// Nothing here makes a pod ready or unready that was not.
/// </summary>
internal static class Adoption
{
    /// <summary>A container as the shim of the adopted sandbox lists it.</summary>
    public sealed record Listed(string Name, int Attempt, DateTimeOffset StartedAt, LinuxContainerUser? User = null);

    /// <summary>What an earlier daemon kept of a container's start.</summary>
    /// <param name="Counter">The counter of a probe of one start.</param>
    /// <param name="BackOff">The armed back-off.</param>
    /// <param name="IsOfSandbox">Whether a start was the last that was begun in the sandbox that lives.</param>
    public sealed record Kept(Func<string, int, ProbeKind, ProbeCounter?> Counter, Func<string, BackOff?> BackOff, Func<string, int, bool> IsOfSandbox)
    {
        public static Kept Nothing { get; } = new((_, _, _) => null, _ => null, (_, _) => true);

        /// <summary>Whether any start of a container was begun in the sandbox that lives.</summary>
        public Func<string, bool> WasBegun { get; init; } = _ => true;

        /// <summary>Whether a start had ended before all containers began anew.</summary>
        public Func<string, int, bool> IsRenewed { get; init; } = (_, _) => false;

        /// <summary>How a start was stopped; null when it was not.</summary>
        public Func<string, int, StopOrder?> Stopped { get; init; } = (_, _) => null;

        /// <summary>The restart of all containers that was under way.</summary>
        public PodRestart? Restart { get; init; }

        /// <summary>Gives a running container the hooks and the stop that were under way.</summary>
        public Func<string, ContainerObservation, ContainerObservation> Restore { get; init; } = (_, running) => running;
    }

    /// <summary>A pod whose sandbox lives.</summary>
    public static PodObservation OfLiving(Pod pod, int sandboxAttempt, IReadOnlyList<string> addresses, IReadOnlyList<Listed> listed, Kept kept, DateTimeOffset now)
    {
        var containers = new Dictionary<string, ContainerObservation>();
        foreach (var (container, status) in Containers(pod))
        {
            var told = FromStatus(container, status, now);
            var newest = listed.Where(l => l.Name == container.Name).OrderByDescending(l => l.Attempt).FirstOrDefault();
            told = told with { BackOff = kept.BackOff(container.Name) is { } backOff ? backOff with { UpdatedAt = Past(backOff.UpdatedAt, now) } : null };
            if (newest is null || newest.Attempt < told.Attempt || (newest.Attempt == told.Attempt && told.Stage == ContainerStage.Exited))
            {
                // What an init container did in an earlier sandbox has to be done again in this one, and another that ran in that has not begun in this.
                var isInit = pod.Spec.InitContainers.Contains(container);
                var ended = told.Stage == ContainerStage.Running
                    ? Lost(told, Reasons.ContainerStatusUnknown, now) with { Stale = false }
                    : told with { Stale = told.EverStarted && !(isInit ? kept.IsOfSandbox(container.Name, told.Attempt) : kept.WasBegun(container.Name)) };
                containers[container.Name] = ended.Exit is not { } exit ? ended
                    : kept.IsRenewed(container.Name, exit.Attempt) ? ended with { Stale = true, Exit = exit with { Cause = StopCause.RestartAll } }
                    : kept.Stopped(container.Name, exit.Attempt) is not { } stop ? ended
                    : stop.Cause == StopCause.Resize ? ended with { Stop = stop, Exit = exit with { Cause = stop.Cause } }
                    : ended with { Stop = stop };
                continue;
            }

            // Running, or ended with its exit still to be delivered: the event will say so.
            var same = told.EverStarted && newest.Attempt == told.Attempt;
            var running = told with
            {
                Stage = ContainerStage.Running,
                Attempt = newest.Attempt,
                EverStarted = true,
                StartedAt = Past(newest.StartedAt, now),
                // Only what had its hook behind it was shown running.
                PostStart = same ? HookStage.Done : HookStage.None,
                Exit = null,
                LastExit = same ? told.LastExit : told.Exit ?? told.LastExit,
                Image = same ? told.Image : container.Image,
                ImageId = same ? told.ImageId : null,
                User = newest.User ?? (same ? told.User : null),
                StopSignal = same ? told.StopSignal : null,
                Startup = Verdict(kept, container.Name, newest.Attempt, ProbeKind.Startup, same && status?.Started == true),
                Readiness = Verdict(kept, container.Name, newest.Attempt, ProbeKind.Readiness, same && status?.Ready == true),
                Liveness = kept.Counter(container.Name, newest.Attempt, ProbeKind.Liveness)?.Verdict ?? ProbeVerdict.Unknown,
            };
            if (kept.IsRenewed(container.Name, newest.Attempt))
            {
                // It has ended, which is still to be told; the next start may have been ordered.
                containers[container.Name] = running with { Stage = ContainerStage.Killing, Stop = new StopOrder(StopCause.RestartAll, now, TimeSpan.Zero) };
                continue;
            }

            var restored = kept.Restore(container.Name, running);
            containers[container.Name] = same && running.PostStart == HookStage.Done && restored.PostStart == HookStage.None ? restored with { PostStart = HookStage.Done } : restored;
        }

        return new PodObservation
        {
            Sandbox = new SandboxObservation { Stage = SandboxStage.Ready, Attempt = sandboxAttempt, Addresses = addresses },
            Containers = containers,
            Restart = kept.Restart,
        };
    }

    /// <summary>A pod without a living sandbox.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="remains">The attempt of the sandbox of which something is left; null when nothing is.</param>
    /// <param name="why"><c>SandboxDied</c> or <c>Rebooted</c>.</param>
    /// <param name="now">The time.</param>
    /// <param name="leftLog">Whether there is a log of a container's start: its program may have run, whether or not that was written.</param>
    public static PodObservation OfDead(Pod pod, int? remains, string why, DateTimeOffset now, Func<string, int, bool>? leftLog = null)
    {
        var containers = new Dictionary<string, ContainerObservation>();
        foreach (var (container, status) in Containers(pod))
        {
            var told = FromStatus(container, status, now);
            if (PodReducer.NextAttempt(told) is var next && leftLog?.Invoke(container.Name, next) == true)
            {
                told = told with
                {
                    Stage = ContainerStage.Running,
                    Attempt = next,
                    EverStarted = true,
                    StartedAt = null,
                    LastExit = told.Exit ?? told.LastExit,
                    Image = container.Image,
                    ImageId = null,
                    User = null,
                };
            }

            containers[container.Name] = told.Stage == ContainerStage.Running ? Lost(told, why, now) : told with { Stale = told.EverStarted };
        }

        var began = containers.Values.Any(c => c.EverStarted);
        return new PodObservation
        {
            Sandbox = new SandboxObservation
            {
                Stage = remains is null ? SandboxStage.None : SandboxStage.Dead,
                Attempt = remains ?? 0,
                Lost = began ? why : null,
            },
            Containers = containers,

            // One that waited waits until it hears otherwise: a daemon that only ends pods tells nobody that it has a place.
            Unplaced = remains is null && pod.Status.Conditions.FirstOrDefault(c => c is { Type: PodConditionTypes.PodScheduled, Status: ConditionStatuses.False }) is { } waits
                ? waits.Message ?? "" : null,
            IsNominated = remains is null && pod.Status.NominatedNodeName is not null,
        };
    }

    /// <summary>The same with what is set aside, which a pod without a place has not.</summary>
    public static PodObservation WithAllocation(Pod pod, PodObservation seen)
    {
        if (seen.Unplaced is not null)
        {
            return seen;
        }

        var allocated = Allocation.OfStatus(pod);
        var pending = pod.Status.Conditions.FirstOrDefault(c => c is { Type: PodConditionTypes.PodResizePending, Status: ConditionStatuses.True });
        return seen with
        {
            Allocated = allocated,
            PendingResize = pending is null || Allocation.AreSame(allocated, Allocation.Of(pod.Spec)) ? null : new PendingResize(pending.Reason ?? "", pending.Message ?? ""),
        };
    }

    /// <summary>
    /// The same with what the groups of a living pod are held to: what is set aside where the kernel shows it, or what was written last, or whatever the kernel
    /// shows: an earlier daemon may have been on the way to something that nobody wants any more.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="seen">What else is known.</param>
    /// <param name="groups">What the kernel shows.</param>
    public static PodObservation WithActual(Pod pod, PodObservation seen, HeldGroups groups)
    {
        var allocated = seen.Allocated!;
        var after = GroupLimits.OfPod(Allocation.Apply(pod.Spec, allocated));
        if (pod.Metadata.Generation is null or 1)
        {
            // Never changed: nothing is read for it.
            return seen with
            {
                Sandbox = seen.Sandbox with { Limits = after },
                Containers = seen.Containers.ToDictionary(c => c.Key, c => c.Value with { Actual = allocated.GetValueOrDefault(c.Key) }),
            };
        }

        var told = Allocation.InForce(pod);
        var limits = after;
        foreach (var resource in GroupLimits.Resources.Where(r => !groups.Holds(null, after, r)))
        {
            limits = limits.With(resource, groups.Read(null));
        }

        foreach (var (name, container) in seen.Containers.Where(c => c.Value.IsLive && told.ContainsKey(c.Key)))
        {
            var actual = allocated[name];
            foreach (var resource in GroupLimits.Resources.Where(r => !Holds(allocated[name], r)))
            {
                actual = Allocation.With(actual, resource, Holds(told[name], resource) ? told[name] : groups.Read(name).AsAmounts());
            }

            seen = seen.With(name, container with { Actual = actual });

            bool Holds(ResourceRequirements amounts, string resource) => groups.Holds(name, GroupLimits.OfContainer(pod.Spec, amounts), resource);
        }

        return seen with { Sandbox = seen.Sandbox with { Limits = limits } };
    }

    private static IEnumerable<(Container Container, ContainerStatus? Status)> Containers(Pod pod) =>
        pod.Spec.InitContainers.Select(c => (c, pod.Status.InitContainerStatuses.FirstOrDefault(s => s.Name == c.Name)))
            .Concat(pod.Spec.Containers.Select(c => (c, pod.Status.ContainerStatuses.FirstOrDefault(s => s.Name == c.Name))))
            .Concat(pod.Spec.EphemeralContainers.Select(c => (c, pod.Status.EphemeralContainerStatuses.FirstOrDefault(s => s.Name == c.Name))));

    private static ContainerObservation FromStatus(Container container, ContainerStatus? status, DateTimeOffset now)
    {
        if (status?.ContainerID is null)
        {
            return new ContainerObservation();
        }

        var ended = Exit(status.State.Terminated, status.RestartCount, now);
        var last = Exit(status.LastState.Terminated, status.RestartCount - 1, now);
        if (ended is null && status.State.Running is null)
        {
            // Waiting for its restart: the last state is that of the current start.
            ended = last;
            last = null;
        }

        return new ContainerObservation
        {
            Stage = status.State.Running is not null ? ContainerStage.Running : ended is not null ? ContainerStage.Exited : ContainerStage.Absent,
            Attempt = status.RestartCount,
            EverStarted = true,
            StartedAt = status.State.Running?.StartedAt is { } started ? Past(started, now) : null,
            Exit = ended,
            LastExit = last,
            Image = status.Image.Length > 0 ? status.Image : container.Image,
            ImageId = status.ImageID.Length > 0 ? status.ImageID : null,
            User = status.User?.Linux,
            StopSignal = status.StopSignal,
        };
    }

    private static ContainerObservation Lost(ContainerObservation told, string why, DateTimeOffset now) => told with
    {
        Stage = ContainerStage.Exited,
        Stale = true,
        Exit = new ContainerExit
        {
            Attempt = told.Attempt,
            ExitCode = 137,
            Reason = why,
            Message = why switch
            {
                Reasons.Rebooted => "The machine rebooted while the container ran.",
                Reasons.SandboxDied => "The pod's supervising process died; the container was killed with its sandbox.",
                _ => "The container's end was not seen: the daemon was not running.",
            },
            StartedAt = told.StartedAt,
            FinishedAt = now,
        },
    };

    // The clock may have been set back while no daemon ran: nothing is waited for until it has come there again.
    private static DateTimeOffset Past(DateTimeOffset time, DateTimeOffset now) => time < now ? time : now;

    private static ProbeVerdict Verdict(Kept kept, string name, int attempt, ProbeKind kind, bool shown) =>
        kept.Counter(name, attempt, kind)?.Verdict ?? (shown ? ProbeVerdict.Success : ProbeVerdict.Unknown);

    private static ContainerExit? Exit(ContainerStateTerminated? state, int attempt, DateTimeOffset now)
    {
        if (state is null)
        {
            return null;
        }

        var dot = state.ContainerID?.LastIndexOf('.') ?? -1;
        return new ContainerExit
        {
            Attempt = dot >= 0 && int.TryParse(state.ContainerID.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var own) ? own : Math.Max(attempt, 0),
            ExitCode = state.ExitCode,
            Reason = state.Reason ?? Reasons.Error,
            Message = state.Message ?? "",
            StartedAt = state.StartedAt,
            FinishedAt = Past(state.FinishedAt ?? DateTimeOffset.UnixEpoch, now),
        };
    }
}

using Insula.Api.Core;
using Insula.Pods.Eviction;
using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>What is wanted of each container: the columns of <see cref="ContainerTable"/>.</summary>
internal static class PodWants
{
    /// <summary>A wanted state with the reason a stop would have.</summary>
    /// <param name="Container">The container.</param>
    /// <param name="Wanted">The column.</param>
    /// <param name="Cause">The reason a stop would have.</param>
    /// <param name="Grace">The grace a stop would give.</param>
    /// <param name="Leaving">The pod is ending, whoever's turn it is: preStop hooks begin.</param>
    public readonly record struct Want(Container Container, ContainerWant Wanted, StopCause Cause, TimeSpan Grace, bool Leaving = false)
    {
        /// <summary>The most that its pod has, since it is evicted; null when it is not. It may become less.</summary>
        public TimeSpan? Most { get; init; }
    }

    public static List<Want> Of(Pod pod, PodShape shape, PodObservation seen, PodOutcome outcome, DateTimeOffset now)
    {
        // Others wait for what it holds, also if it was about to end.
        var most = EvictionMark.Grace(pod.Status) ?? TimeSpan.MaxValue;
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            var grace = TimeSpan.FromSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? (long)shape.Grace.TotalSeconds);
            return Ending(shape, seen, StopCause.Deletion, grace < most ? grace : most, now);
        }

        if (outcome.Over)
        {
            return [.. Ending(shape, seen, StopCause.PodOver, shape.Grace < most ? shape.Grace : most, now).Select(w => w with { Most = EvictionMark.Grace(pod.Status) })];
        }

        if (seen.Draining is { } limit)
        {
            return Ending(shape, seen, StopCause.Shutdown, shape.Grace < limit ? shape.Grace : limit, now);
        }

        return seen.Restart is not null
            ? [.. shape.All.Select(c => new Want(c, ContainerWant.Abandon, StopCause.RestartAll, TimeSpan.Zero))]
            : Going(shape, seen);
    }

    // Main and init containers end together; then the sidecars, the last one first, with what is left of the grace.
    private static List<Want> Ending(PodShape shape, PodObservation seen, StopCause cause, TimeSpan grace, DateTimeOffset now)
    {
        var wants = new List<Want>();
        var othersLive = false;
        foreach (var container in shape.All.Where(c => !IsSidecar(shape, c)))
        {
            var live = seen.Container(container.Name).IsLive;
            othersLive |= live;
            wants.Add(new Want(container, live ? ContainerWant.End : ContainerWant.Rest, cause, grace, Leaving: true));
        }

        foreach (var container in shape.Init.Where(PodShape.IsSidecar).Reverse())
        {
            var live = seen.Container(container.Name).IsLive;
            var wanted = !live ? ContainerWant.Rest : othersLive ? ContainerWant.Hold : ContainerWant.End;
            othersLive |= live;

            // What is left is reckoned from its own stop once that is ordered, as a stop's grace is.
            wants.Add(new Want(container, wanted, cause, Left(seen, grace, seen.Container(container.Name) is { Stage: ContainerStage.Stopping, Stop: { } own } ? own.At : now), Leaving: true));
        }

        return wants;
    }

    // The end has begun with the first stop, whether or not who was stopped has ended.
    private static TimeSpan Left(PodObservation seen, TimeSpan grace, DateTimeOffset from)
    {
        DateTimeOffset? first = null;
        foreach (var container in seen.Containers.Values)
        {
            if (container.Stop is { Cause: StopCause.Deletion or StopCause.PodOver or StopCause.Shutdown } stop && (first is null || stop.At < first))
            {
                first = stop.At;
            }
        }

        if (first is null || grace == TimeSpan.Zero)
        {
            return grace;
        }

        var left = first.Value + grace - from;
        var least = TimeSpan.FromSeconds(2);
        return left > least ? left : least < grace ? least : grace;
    }

    private static List<Want> Going(PodShape shape, PodObservation seen)
    {
        var wants = new List<Want>();
        var ready = seen.Sandbox.Stage == SandboxStage.Ready;
        var initialized = shape.Initialized(seen);
        var earlierDone = true;
        foreach (var container in shape.Init)
        {
            var observed = seen.Container(container.Name);
            var sidecar = PodShape.IsSidecar(container);
            var done = PodShape.InitDone(container, observed);
            ContainerWant wanted;
            var (replace, cause, grace) = Condemned(shape, container, observed, seen.Allocated);
            if (!ready)
            {
                wanted = ContainerWant.Hold;
            }
            else if (initialized && !sidecar)
            {
                wanted = ContainerWant.Rest;
            }
            else if (!earlierDone && !initialized)
            {
                wanted = ContainerWant.Hold;
            }
            else if (replace && !(done && !sidecar))
            {
                wanted = ContainerWant.Replace;
            }
            else
            {
                wanted = done && !sidecar ? ContainerWant.Rest : ContainerWant.Run;
            }

            wants.Add(new Want(container, wanted, cause, grace));
            earlierDone &= done;
        }

        foreach (var container in shape.Main)
        {
            var observed = seen.Container(container.Name);
            var (replace, cause, grace) = Condemned(shape, container, observed, seen.Allocated);
            var wanted = !ready || !initialized ? ContainerWant.Hold
                : replace ? ContainerWant.Replace
                : observed is { Stage: ContainerStage.Exited, Exit: { } exit } && !shape.RestartsAfter(container, exit) ? ContainerWant.Rest
                : ContainerWant.Run;
            wants.Add(new Want(container, wanted, cause, grace));
        }

        // Started also where init containers hold everything up, which is what they may be there to see; and once.
        foreach (var container in shape.Ephemeral)
        {
            var wanted = seen.Container(container.Name).Stage == ContainerStage.Exited ? ContainerWant.Rest : ready ? ContainerWant.Run : ContainerWant.Hold;
            wants.Add(new Want(container, wanted, StopCause.PodOver, shape.Grace));
        }

        return wants;
    }

    // Whether what runs (or waits for its back-off) has to give way to a new start at once.
    private static (bool Replace, StopCause Cause, TimeSpan Grace) Condemned(
        PodShape shape, Container container, ContainerObservation seen, IReadOnlyDictionary<string, ResourceRequirements>? allocated)
    {
        if (seen.Image is { } image && container.Image is { } wanted && image != wanted && seen.Stage is not ContainerStage.Absent)
        {
            return (true, StopCause.ImageChange, shape.Grace);
        }

        // One that has ended by itself gets its new resources when it is its turn.
        if (seen is { Stage: ContainerStage.Exited, Exit.Cause: StopCause.Resize } || (seen.Stage == ContainerStage.Running && ResizePlan.Restarts(container, seen, allocated)))
        {
            return (true, StopCause.Resize, shape.Grace);
        }

        if (seen.Stage == ContainerStage.Running && seen.PostStart == HookStage.Failed)
        {
            return (true, StopCause.PostStart, shape.Grace);
        }

        if (seen.Stage == ContainerStage.Running && seen.Startup == ProbeVerdict.Failure)
        {
            return (true, StopCause.Startup, GraceOf(shape, container.StartupProbe));
        }

        if (seen.Stage == ContainerStage.Running && seen.Liveness == ProbeVerdict.Failure)
        {
            return (true, StopCause.Liveness, GraceOf(shape, container.LivenessProbe));
        }

        return (false, StopCause.PodOver, shape.Grace);
    }

    private static TimeSpan GraceOf(PodShape shape, Probe? probe) =>
        probe?.TerminationGracePeriodSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : shape.Grace;

    private static bool IsSidecar(PodShape shape, Container container) =>
        PodShape.IsSidecar(container) && shape.Init.Contains(container);
}

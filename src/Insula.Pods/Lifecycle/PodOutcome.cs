using Insula.Api.Core;
using Insula.Pods.Eviction;

namespace Insula.Pods.Lifecycle;

/// <summary>Where a pod as a whole is heading.</summary>
/// <param name="Phase">The terminal phase it is bound for, or null while it goes on.</param>
/// <param name="Reason">The pod's reason, when it has one.</param>
/// <param name="Message">The pod's message, when it has one.</param>
internal sealed record PodOutcome(string? Phase, string? Reason = null, string? Message = null)
{
    public static PodOutcome GoesOn { get; } = new((string?)null);

    public bool Over => Phase is not null;

    /// <summary>Judges a pod. A terminal phase that was published sticks.</summary>
    public static PodOutcome Of(Pod pod, PodShape shape, PodObservation seen, DateTimeOffset now)
    {
        if (pod.Status.Phase is PodPhases.Succeeded or PodPhases.Failed)
        {
            return new PodOutcome(pod.Status.Phase, pod.Status.Reason, pod.Status.Message);
        }

        if (seen.Rejected is { } rejected)
        {
            return new PodOutcome(PodPhases.Failed, rejected.Reason, "Pod was rejected: " + rejected.Message);
        }

        var evicted = EvictionMark.Of(pod.Status);
        if (seen.Restart is null && shape.Main.Count > 0 && shape.Main.All(c => Finished(shape, c, seen.Container(c.Name), evicted is not null)))
        {
            var exits = shape.Main.Select(c => seen.Container(c.Name).Exit!).ToList();
            return exits.All(e => e.ExitCode == 0) ? new PodOutcome(PodPhases.Succeeded)
                : seen.Sandbox.Lost is { } cause && exits.Any(e => e.Reason == cause) ? LostWith(cause)
                : new PodOutcome(PodPhases.Failed);
        }

        if (evicted is not null)
        {
            return new PodOutcome(PodPhases.Failed, Reasons.Evicted, evicted);
        }

        if (Deadline(pod) is { } deadline && now >= deadline)
        {
            return new PodOutcome(PodPhases.Failed, Reasons.DeadlineExceeded, "Pod was active on the node longer than the specified deadline");
        }

        if (seen.Restart is not null)
        {
            return GoesOn;
        }

        if (shape.RestartPolicy == RestartPolicies.Never && seen.Sandbox.Lost is { } lost && !shape.All.Any(c => OutlivesTheSandbox(shape, c, seen.Container(c.Name))))
        {
            return LostWith(lost);
        }

        return shape.Init.Any(c => !PodShape.IsSidecar(c) && seen.Container(c.Name) is { Stage: ContainerStage.Exited, Stale: false, Exit: { ExitCode: not 0 } exit } && !shape.RestartsAfter(c, exit))
            ? new PodOutcome(PodPhases.Failed)
            : GoesOn;
    }

    /// <summary>When the pod's active deadline passes; null without one or before the pod was taken up.</summary>
    public static DateTimeOffset? Deadline(Pod pod) =>
        pod.Spec.ActiveDeadlineSeconds is { } seconds && pod.Status.StartTime is { } start ? start.AddSeconds(seconds) : null;

    private static PodOutcome LostWith(string cause) => new(PodPhases.Failed, cause, cause == Reasons.Rebooted
        ? "The machine rebooted while the pod ran, and its restartPolicy is Never."
        : "The pod's supervising process died, and its restartPolicy is Never.");

    // An eviction does not make failures of what had ended by itself before; what it has ended is its own.
    private static bool Finished(PodShape shape, Container container, ContainerObservation seen, bool evicted) =>
        seen is { Stage: ContainerStage.Exited, Exit: { } exit } && !shape.RestartsAfter(container, exit) && !(evicted && exit.Cause == StopCause.PodOver);

    // A sidecar is there for the others: that it would run again is no reason for a pod to.
    private static bool OutlivesTheSandbox(PodShape shape, Container container, ContainerObservation seen) =>
        seen.Exit is { } exit && (shape.Init.Contains(container) && PodShape.IsSidecar(container)
            ? exit.Cause == StopCause.RestartAll || PodShape.AsksForAll(container, exit)
            : shape.RestartsAfter(container, exit));
}

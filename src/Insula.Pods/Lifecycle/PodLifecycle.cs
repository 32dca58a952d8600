using Insula.Api.Core;
using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>
/// The heart of a pod: from its specification and what is known of it to what shall be done and shown. Pure: the same
/// input gives the same answer, and every action changes the observation (<see cref="PodReducer.Begin"/>) such that it
/// is not ordered twice.
/// </summary>
public static class PodLifecycle
{
    /// <summary>Decides.</summary>
    /// <param name="pod">The object, with the status that was last written.</param>
    /// <param name="seen">What is known.</param>
    /// <param name="now">The time.</param>
    /// <param name="rules">Back-off times.</param>
    public static PodDecision Decide(Pod pod, PodObservation seen, DateTimeOffset now, LifecycleRules rules)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(rules);

        var shape = new PodShape(pod.Spec);
        var outcome = PodOutcome.Of(pod, shape, seen, now);
        var deleting = pod.Metadata.DeletionTimestamp is not null;
        var steps = ResizePlan.Of(pod.Spec, seen);
        var turn = new Turn(seen, now, rules, ResizePlan.Grows(steps));

        var goesOn = !outcome.Over && !deleting && seen is { Draining: null, Unplaced: null };
        var anyLive = seen.Containers.Values.Any(c => c.IsLive);
        if (goesOn && seen.Restart is null && Asking(shape, seen) is { } asking)
        {
            // Alone: what is wanted of every container is another thing from here on.
            turn.Actions.Add(asking);
            return new PodDecision(turn.Actions, PodStatusBuilder.Build(pod, shape, seen, outcome, now, rules), turn.Wake);
        }

        foreach (var want in PodWants.Of(pod, shape, seen, outcome, now))
        {
            turn.Container(want);
        }

        if (goesOn && seen.Restart is { } restart && !anyLive)
        {
            turn.BeginAnew(restart);
        }

        if (goesOn && steps.Count > 0)
        {
            turn.Resize(steps);
        }

        turn.Sandbox(goesOn ? SandboxWant.Needed : anyLive ? SandboxWant.Kept : SandboxWant.Released);
        if (deleting && seen.IsIdle)
        {
            turn.Cleanup(pod.Metadata.Finalizers.Count == 0);
        }

        if (!outcome.Over && PodOutcome.Deadline(pod) is { } deadline)
        {
            turn.WakeAt(deadline);
        }

        return new PodDecision(turn.Actions, PodStatusBuilder.Build(pod, shape, seen, outcome, now, rules), turn.Wake);
    }

    private static PodAction.RestartAll? Asking(PodShape shape, PodObservation seen)
    {
        foreach (var container in shape.All)
        {
            if (seen.Container(container.Name) is { Stage: ContainerStage.Exited, Exit: { } exit } && PodShape.AsksForAll(container, exit))
            {
                return new PodAction.RestartAll(container.Name, exit.Attempt, exit.ExitCode);
            }
        }

        return null;
    }

    /// <summary>What a container has between its stop signal and the kill when its preStop hook used up the grace; the kubelet's figure.</summary>
    private static readonly TimeSpan LeastAfterHook = TimeSpan.FromSeconds(2);

    /// <param name="seen">What is known.</param>
    /// <param name="now">The time.</param>
    /// <param name="rules">Back-off times.</param>
    /// <param name="isTooSmall">Whether the pod's group has to grow before another container is started in it.</param>
    private sealed class Turn(PodObservation seen, DateTimeOffset now, LifecycleRules rules, bool isTooSmall)
    {
        public List<PodAction> Actions { get; } = [];

        public DateTimeOffset? Wake { get; private set; }

        public void WakeAt(DateTimeOffset at) => Wake = Wake is null || at < Wake ? at : Wake;

        public void Container(PodWants.Want want)
        {
            var container = seen.Container(want.Container.Name);
            switch (ContainerTable.Step(container.Stage, want.Wanted))
            {
                case ContainerStep.Start or ContainerStep.StartWhenDue when isTooSmall:
                    break;
                case ContainerStep.Start:
                    Start(want.Container, container, armed: want.Wanted != ContainerWant.Replace);
                    break;
                case ContainerStep.StartWhenDue when Reached(DueOf(container, rules)):
                    Start(want.Container, container, armed: true);
                    break;
                case ContainerStep.Stop:
                    var hooked = want.Grace > TimeSpan.Zero && want.Container.Lifecycle?.PreStop is not null && container.PreStop != HookStage.Done;
                    Actions.Add(new PodAction.StopContainer(want.Container.Name, container.Attempt, new StopOrder(want.Cause, now, want.Grace), Signals: !hooked));
                    if (want.Grace > TimeSpan.Zero)
                    {
                        WakeAt(now + want.Grace);
                    }

                    break;
                case ContainerStep.Kill:
                    Actions.Add(new PodAction.KillContainer(want.Container.Name, container.Attempt, new StopOrder(want.Cause, now, TimeSpan.Zero)));
                    break;
                case ContainerStep.KillWhenDue when container.Stop is { } stop:
                    // A later delete may only shorten the grace, and so may a hard threshold that an eviction for a soft one has waited for.
                    var isShorter = want is { Wanted: ContainerWant.End, Cause: StopCause.Deletion } || (want.Wanted == ContainerWant.End && want.Most < stop.Grace);
                    var grace = isShorter && want.Grace < stop.Grace ? want.Grace : stop.Grace;
                    Stopping(want.Container, container, stop.At + grace, grace > TimeSpan.Zero);
                    break;
                case ContainerStep.Wait when container is { Stage: ContainerStage.Running, PostStart: HookStage.None } && want is { Leaving: false, Container.Lifecycle.PostStart: not null }:
                    Actions.Add(new PodAction.RunHook(want.Container.Name, container.Attempt, HookKind.PostStart, null));
                    break;
                case ContainerStep.Wait when container is { Stage: ContainerStage.Running, PreStop: HookStage.None } && want is { Leaving: true, Container.Lifecycle.PreStop: not null } && want.Grace > TimeSpan.Zero:
                    // A sidecar whose turn has not come is told already that the end is near (KEP-753).
                    Actions.Add(new PodAction.RunHook(want.Container.Name, container.Attempt, HookKind.PreStop, now + want.Grace));
                    break;
                default:
                    break;
            }
        }

        // First the hook, then the signal, then the kill; whatever the hook has left of the grace, the signal gets its moment.
        private void Stopping(Container spec, ContainerObservation container, DateTimeOffset due, bool graceful)
        {
            if (!graceful)
            {
                Actions.Add(new PodAction.KillContainer(spec.Name, container.Attempt));
            }
            else if (container.SignalledAt is not { } signalled)
            {
                if (spec.Lifecycle?.PreStop is null || container.PreStop is HookStage.Done or HookStage.Failed || Reached(due))
                {
                    Actions.Add(new PodAction.SignalContainer(spec.Name, container.Attempt, now));
                }
                else if (container.PreStop == HookStage.None)
                {
                    Actions.Add(new PodAction.RunHook(spec.Name, container.Attempt, HookKind.PreStop, due));
                }
            }
            else if (Reached(container.PreStop != HookStage.None && signalled + LeastAfterHook > due ? signalled + LeastAfterHook : due))
            {
                Actions.Add(new PodAction.KillContainer(spec.Name, container.Attempt));
            }
        }

        public void Sandbox(SandboxWant want)
        {
            var sandbox = seen.Sandbox;
            switch (SandboxTable.Step(sandbox.Stage, want))
            {
                case SandboxStep.Create:
                case SandboxStep.CreateWhenDue when Reached(sandbox.Failure!.Due):
                    Actions.Add(new PodAction.CreateSandbox(sandbox.Attempt));
                    break;
                case SandboxStep.Destroy:
                case SandboxStep.DestroyWhenDue when Reached(sandbox.Failure!.Due):
                    Actions.Add(new PodAction.DestroySandbox(sandbox.Attempt));
                    break;
                default:
                    break;
            }
        }

        // They wait together for the back-off of the one that asked, so that a pod cannot go round without a pause.
        public void BeginAnew(PodRestart restart)
        {
            var asking = seen.Container(restart.Container);
            if (Reached(DueOf(asking, rules)))
            {
                Actions.Add(new PodAction.BeginAnew(restart.Container, asking.Exit is { } exit ? BackOff.Next(asking.BackOff, exit.FinishedAt, now, rules.Crash) : asking.BackOff));
            }
        }

        public void Resize(IReadOnlyList<ResizeStep> steps)
        {
            if (!seen.Sandbox.IsResizing && (seen.Sandbox.ResizeFailure is not { } failure || Reached(failure.Due)))
            {
                Actions.Add(new PodAction.Resize(seen.Sandbox.Attempt, steps));
            }
        }

        public void Cleanup(bool mayRemoveObject)
        {
            switch (seen.Cleanup)
            {
                case CleanupStage.Pending:
                case CleanupStage.Failed when Reached(seen.CleanupFailure!.Due):
                    Actions.Add(new PodAction.Cleanup());
                    break;
                case CleanupStage.Done when mayRemoveObject:
                    Actions.Add(new PodAction.RemoveObject());
                    break;
                default:
                    break;
            }
        }

        private void Start(Container spec, ContainerObservation container, bool armed)
        {
            // Only a restart after an exit arms the back-off; a change of the image begins without one. When all begin anew, that is the fault of one, whose
            // back-off is armed already.
            var backOff = !armed ? null
                : container.Exit?.Cause == StopCause.RestartAll ? container.BackOff
                : container is { Stage: ContainerStage.Exited, Exit: { } exit } ? BackOff.Next(container.BackOff, exit.FinishedAt, now, rules.Crash)
                : container.BackOff;
            Actions.Add(new PodAction.StartContainer(spec.Name, PodReducer.NextAttempt(container), spec.Image ?? "", backOff));
        }

        private bool Reached(DateTimeOffset due)
        {
            if (now >= due)
            {
                return true;
            }

            WakeAt(due);
            return false;
        }
    }

    /// <summary>When a container that exited or was refused may start.</summary>
    internal static DateTimeOffset DueOf(ContainerObservation container, LifecycleRules rules) => container switch
    {
        { Stage: ContainerStage.Refused, Refusal: { } refusal } => refusal.Due,
        { Stale: true, Exit: { } lost } => lost.FinishedAt, // it ended with its sandbox, not by a fault of its own
        { Exit: { } exit } => BackOff.Due(container.BackOff, exit.FinishedAt, rules.Crash),
        _ => DateTimeOffset.MinValue,
    };
}

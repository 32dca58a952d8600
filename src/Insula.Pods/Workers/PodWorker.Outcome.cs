using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Scheduling;
using Insula.Sandbox;

namespace Insula.Pods.Workers;

/// <content>What a turn leads to beside actions: state that outlives the daemon, events, containers that may be forgotten.</content>
internal sealed partial class PodWorker
{
    private void KeepState()
    {
        foreach (var (name, container) in _now.Seen.Containers)
        {
            // A signal that was ordered and not yet sent is sent by the next daemon.
            _state?.Keep(name, _signalled.Contains((name, container.Attempt)) ? container : container with { SignalledAt = null });
        }

        _state?.Keep(_now.Seen);
    }

    // Events that follow from a status: a container entered its back-off.
    private void Tell(Pod pod, PodStatus status)
    {
        if (status.Reason == Reasons.DeadlineExceeded && pod.Status.Reason != Reasons.DeadlineExceeded)
        {
            _services.Events.Normal(pod, null, Reasons.DeadlineExceeded, status.Message ?? "");
        }

        TellResize(pod, status);
        foreach (var container in status.InitContainerStatuses.Concat(status.ContainerStatuses))
        {
            var old = pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).FirstOrDefault(c => c.Name == container.Name);
            if (container.State.Waiting is { Reason: Reasons.CrashLoopBackOff or Reasons.RunContainerError } && old?.State.Waiting?.Message != container.State.Waiting.Message)
            {
                _services.Events.Warning(pod, container.Name, "BackOff",
                    $"Back-off restarting failed container {container.Name} in pod {pod.Metadata.Name}_{pod.Metadata.Namespace}({Uid})");
            }
        }
    }

    // The conditions come and go within a moment where there is room: events are what is left to see of it.
    private void TellResize(Pod pod, PodStatus status)
    {
        var (pending, before) = (Find(status, PodConditionTypes.PodResizePending), Find(pod.Status, PodConditionTypes.PodResizePending));
        if (pending is not null && (before?.Reason != pending.Reason || before?.ObservedGeneration != pending.ObservedGeneration))
        {
            _services.Events.Warning(pod, null, $"Resize{pending.Reason}", pending.Message ?? "");
        }

        var (goesOn, went) = (Find(status, PodConditionTypes.PodResizeInProgress), Find(pod.Status, PodConditionTypes.PodResizeInProgress));
        if (goesOn is not null && went is null)
        {
            _services.Events.Normal(pod, null, "ResizeStarted", "The resources that the pod was changed to are set aside for it, and are put into force");
        }

        if (goesOn is { Reason: PodResizeReasons.Error } && went?.Message != goesOn.Message)
        {
            _services.Events.Warning(pod, null, "ResizeError", goesOn.Message ?? "");
        }

        if (goesOn is null && went is not null && status.Phase is not (PodPhases.Succeeded or PodPhases.Failed))
        {
            _services.Events.Normal(pod, null, "ResizeCompleted", "The kernel holds the pod to the resources that are set aside for it");
        }

        static PodCondition? Find(PodStatus status, string type) => status.Conditions.FirstOrDefault(c => c.Type == type);
    }

    // As long as more is in force than is set aside, that room is nobody else's.
    private void TellHeld()
    {
        var (pod, seen, _) = _now;
        if (seen.Allocated is not { } allocated)
        {
            return;
        }

        var held = ResizePlan.IsUnderWay(pod.Spec, seen)
            ? Amounts.Of(PodResources.With(pod.Spec, name => (seen.Container(name) is { IsLive: true } live ? live.Actual : null) ?? allocated.GetValueOrDefault(name)))
            : default;
        if (held != _held)
        {
            _held = held;
            _services.Scheduler.Holds(Uid, allocated, held);
        }
    }

    // Only after the exit is in the written status may the shim forget it.
    private void Retire(PodSandbox? sandbox)
    {
        if (sandbox is not null)
        {
            foreach (var id in _retired)
            {
                Run($"remove the ended container {id}", () => RemoveAsync(sandbox, id));
            }
        }

        _retired.Clear();
    }

    private async Task RemoveAsync(PodSandbox sandbox, string id)
    {
        if (await InsistAsync($"remove the ended container {id}", () => Lives(sandbox), deadline =>
        {
            Failpoint.MayFail("pods.retire.ordered", () => new InvalidOperationException("failpoint"));
            return sandbox.RemoveAsync(id, deadline);
        }))
        {
            Failpoint.Hit("pods.retire.removed");
        }
    }

    private Task<bool> KillAsync(PodSandbox sandbox, PodAction.KillContainer kill) =>
        InsistAsync(
            $"kill container {kill.Name}",
            () => Lives(sandbox) && _now.Seen.Container(kill.Name) is { Stage: ContainerStage.Killing } container && container.Attempt == kill.Attempt,
            deadline =>
            {
                Failpoint.MayFail("pods.kill.ordered", () => new InvalidOperationException("failpoint"));
                return sandbox.KillAsync(PodPlaces.ContainerId(kill.Name, kill.Attempt), deadline);
            });

    private bool Lives(PodSandbox sandbox) => ReferenceEquals(_now.Sandbox, sandbox) && _now.Seen.Sandbox.Stage == SandboxStage.Ready;

    // Until it works, or does not matter any more, whatever it fails with: nobody else would come back to it.
    private async Task<bool> InsistAsync(string what, Func<bool> matters, Func<CancellationToken, Task> action)
    {
        for (var delay = _services.Rules.RetryInitial; ; delay = delay * 2 < _services.Rules.Crash.Max ? delay * 2 : _services.Rules.Crash.Max)
        {
            try
            {
                using var deadline = new CancellationTokenSource(_services.Options.CleanupDeadline, _services.Clock);
                await action(deadline.Token);
                return true;
            }
            catch (Exception e)
            {
                if (!matters())
                {
                    return false;
                }

                LogAction(_logger, _key.Namespace, _key.Name, $"{what} yet", e);
                _services.Events.Warning(_now.Pod, null, "FailedAction", $"could not {what} yet: {e.Message}");
                await Task.Delay(delay, _services.Clock, _stopping.Token);
            }
        }
    }
}

using Insula.Api.Core;
using Insula.Linux;
using Insula.Pods.Lifecycle;
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

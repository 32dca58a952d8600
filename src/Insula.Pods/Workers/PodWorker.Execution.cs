using Insula.Api.Core;
using Insula.Linux;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Timing;
using Insula.Sandbox;
using Insula.Store;

namespace Insula.Pods.Workers;

/// <content>How ordered actions are run and what comes back.</content>
internal sealed partial class PodWorker
{
    /// <summary>What undoing may take after an action's deadline.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(35);

    private void Execute(PodAction action)
    {
        var (pod, seen, sandbox) = _now with { Pod = Allocation.Apply(_now.Pod, _now.Seen.Allocated) };
        switch (action)
        {
            case PodAction.CreateSandbox create:
                if (pod.Status.StartTime is null)
                {
                    _services.Events.Normal(pod, null, "Scheduled", $"Successfully assigned {_key.Namespace}/{_key.Name} to {_services.Options.NodeName}");
                }

                Run("create the sandbox", async () =>
                {
                    using var whole = PodTracing.For("sandbox", Uid);
                    Failpoint.Hit("pods.sandbox.ordered");
                    var before = Volatile.Read(ref _references);
                    var limit = _services.Options.SandboxDeadline;
                    var making = Timed(limit, token => _actions.CreateSandboxAsync(pod, seen, create.Attempt, token));
                    if (await InTimeAsync(making, limit))
                    {
                        var (made, fact) = await making;
                        Failpoint.Hit("pods.sandbox.untold");
                        Post(new Message.Happened(fact, made));
                        LookAgain(before);
                        return;
                    }

                    Post(new Message.Happened(new PodFact.SandboxRefused(
                        create.Attempt, Reasons.FailedCreatePodSandBox, $"making the sandbox hangs for {limit.TotalSeconds}s: a volume on dead storage, or the kernel", Abandoned: true)));
                    await making;
                    await _actions.RemoveSandboxAsync(_places.SandboxId(create.Attempt));
                });
                break;

            case PodAction.DestroySandbox destroy:
                _probes.Stop();
                _now = _now with { Sandbox = null };
                Run("remove the sandbox", async () =>
                {
                    Failpoint.Hit("pods.destroy.ordered");
                    var fact = await _actions.DestroySandboxAsync(pod, destroy.Attempt);
                    Failpoint.Hit("pods.destroy.untold");
                    if (sandbox is not null)
                    {
                        await sandbox.DisposeAsync();
                    }

                    Post(new Message.Happened(fact));
                });
                break;

            case PodAction.StartContainer start when sandbox is not null:
                var container = pod.Spec.All().First(c => c.Name == start.Name);
                _state?.Begin(start.Name, start.Attempt, start.BackOff);
                Run($"start container {start.Name}", async () =>
                {
                    Failpoint.Hit("pods.start.ordered");
                    if (_pulls.IsNeeded(pod, container, start.Attempt))
                    {
                        await PullAsync(pod, container, start);
                        return;
                    }

                    using var whole = PodTracing.For("container", Uid, start.Name);
                    var before = Volatile.Read(ref _references);
                    var limit = _services.Options.StartDeadline;
                    var starting = Timed(limit, token => _actions.StartContainerAsync(pod, container, start.Attempt, sandbox, seen.Sandbox.Addresses, token));
                    if (await InTimeAsync(starting, limit))
                    {
                        Failpoint.Hit("pods.start.untold");
                        Post(new Message.Happened(await starting));
                        LookAgain(before);
                        return;
                    }

                    Post(new Message.Happened(new PodFact.ContainerStartFailed(
                        start.Name, start.Attempt, $"failed to start container \"{start.Name}\": the start hangs for {limit.TotalSeconds}s: a volume on dead storage, or the kernel")));

                    // Should it come to life after all, its successor must not meet it.
                    await starting;
                    await sandbox.RemoveAsync(PodPlaces.ContainerId(start.Name, start.Attempt), _stopping.Token);
                });
                break;

            case PodAction.StopContainer stop:
                _services.Events.Normal(pod, stop.Name, "Killing", Killing(stop));
                if (stop.Signals && stop.Order.Grace > TimeSpan.Zero && sandbox is not null)
                {
                    Run($"signal container {stop.Name}", () => SignalAsync(pod, sandbox, stop.Name, stop.Attempt));
                }

                break;

            case PodAction.SignalContainer signal when sandbox is not null:
                Run($"signal container {signal.Name}", () => SignalAsync(pod, sandbox, signal.Name, signal.Attempt));
                break;

            case PodAction.RunHook hook when sandbox is not null:
                Run($"run the {hook.Kind} hook of container {hook.Name}", () => RunHookAsync(pod, seen, sandbox, hook));
                break;

            case PodAction.RestartAll all:
                Failpoint.Hit("pods.restart-all.kept");
                _services.Events.Normal(pod, all.Name, PodConditionTypes.AllContainersRestarting,
                    $"Container {all.Name} exited with code {all.ExitCode}, for which its restartPolicyRules restart all containers of the pod");
                break;

            case PodAction.BeginAnew:
                Failpoint.Hit("pods.begin-anew.kept");
                break;

            case PodAction.KillContainer kill when sandbox is not null:
                if (kill.Order is not null)
                {
                    _services.Events.Normal(pod, kill.Name, "Killing", $"Container {kill.Name} is killed: all containers of the pod restart");
                }

                Run($"kill container {kill.Name}", () => KillAsync(sandbox, kill));
                break;

            case PodAction.Resize resize when sandbox is not null:
                Run("change the limits of its groups", () =>
                {
                    Failpoint.Hit("pods.resize.ordered");
                    var fact = _actions.Resize(resize, pod, sandbox);
                    Failpoint.Hit("pods.resize.untold");
                    Post(new Message.Happened(fact));
                    return Task.CompletedTask;
                });
                break;

            case PodAction.Cleanup:
                Run("remove the pod's directory", async () =>
                {
                    using var deadline = new CancellationTokenSource(_services.Options.CleanupDeadline, _services.Clock);
                    Post(new Message.Happened(await _actions.CleanupAsync(pod, deadline.Token)));
                });
                break;

            case PodAction.RemoveObject:
                Run("remove the pod's object", () => RemoveObjectAsync(pod));
                break;

            default:
                break;
        }
    }

    // Takes as long as the registry does; the pod may end meanwhile, and what comes of it is for others then.
    private async Task PullAsync(Pod pod, Container container, PodAction.StartContainer start)
    {
        Post(new Message.Happened(new PodFact.PullStarted(start.Name, start.Image)));
        var fact = await _pulls.PullAsync(pod, container, start.Attempt, _stopping.Token);
        Failpoint.Hit("pods.pull.untold");
        Post(new Message.Happened(fact));
    }

    // Actions run beside the mailbox. Expected failures are facts; what still escapes is told and never lost.
    private void Run(string what, Func<Task> action) => _ = Task.Run(async () =>
    {
        try
        {
            await action();
        }
        catch (Exception e)
        {
            TellFailure(what, e);
        }
    });

    private void TellFailure(string what, Exception e)
    {
        LogAction(_logger, _key.Namespace, _key.Name, what, e);
        if (e is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            _services.Events.Warning(_now.Pod, null, "FailedAction", $"could not {what}: {e.Message}");
        }
    }

    // The token asks the action to give up at its deadline.
    private Task<T> Timed<T>(TimeSpan limit, Func<CancellationToken, Task<T>> action) => Task.Run(async () =>
    {
        using var deadline = new CancellationTokenSource(limit, _services.Clock);
        return await action(deadline.Token);
    });

    // An action that does not even give up (a system call that never returns) is left behind a little later.
    private async Task<bool> InTimeAsync(Task action, TimeSpan limit)
    {
        using var waiting = new CancellationTokenSource();
        var late = Task.Delay(limit + Margin, _services.Clock, waiting.Token);
        var first = await Task.WhenAny(action, late);
        await waiting.CancelAsync();
        return first == action;
    }

    // What the action read may have changed before it was told how the action ended.
    private void LookAgain(int before)
    {
        if (Volatile.Read(ref _references) != before)
        {
            Post(new Message.Happened(new PodFact.ReferencesChanged()));
        }
    }

    // One at a time, and once more when something has changed meanwhile.
    private void Refresh()
    {
        if (_now.Seen.Sandbox.Stage != SandboxStage.Ready || _now.Sandbox is null || Interlocked.Increment(ref _refreshes) > 1)
        {
            return;
        }

        const string What = "update the volumes";
        Run(What, async () =>
        {
            var delay = _services.Rules.RetryInitial;
            while (Volatile.Read(ref _refreshes) is > 0 and var asked)
            {
                if (await RefreshedAsync(What))
                {
                    Interlocked.Add(ref _refreshes, -asked);
                    continue;
                }

                await Task.Delay(delay, _services.Clock, _stopping.Token);
                delay = delay * 2 < _services.Rules.Crash.Max ? delay * 2 : _services.Rules.Crash.Max;
            }
        });
    }

    // Also what the disk refuses is to be tried again: what was changed would otherwise come with the next change, or never.
    private async Task<bool> RefreshedAsync(string what)
    {
        try
        {
            return _now is not { Sandbox: { } sandbox } now || await _actions.RefreshAsync(Allocation.Apply(now.Pod, now.Seen.Allocated), sandbox, _stopping.Token);
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            TellFailure(what, e);
            return false;
        }
    }

    private void Measure()
    {
        // One measuring at a time: a slow disk must not pile them up.
        if (_now.Seen.Sandbox.Stage != SandboxStage.Ready || Interlocked.Exchange(ref _measures, 1) == 1)
        {
            return;
        }

        Run("measure the volumes", async () =>
        {
            try
            {
                if (await _actions.MeasureAsync(_now.Pod, _stopping.Token) is { } excess)
                {
                    await EvictAsync(excess.Limit, excess.Message, grace: null, _stopping.Token);
                }
            }
            finally
            {
                Volatile.Write(ref _measures, 0);
            }
        });
    }

    private async Task RemoveObjectAsync(Pod pod)
    {
        try
        {
            if (pod.Spec.All().Any(c => c.Ports.Any(p => p.HostPort is > 0)))
            {
                await _services.Options.LeftHostPorts(Uid, CancellationToken.None);
            }

            // Not ended with the worker: the watch tells of the deletion, and so ends the worker, before this returns.
            Failpoint.Hit("pods.delete.ordered");
            // Not synced: that it is to go is on the disk since it was asked for, and a daemon after a power cut does the same again.
            await _services.Store.DeleteAsync(_key, new Preconditions(Uid), CancellationToken.None, Durability.Coalesced);
            Failpoint.Hit("pods.delete.done");
        }
        catch (StoreException e) when (e.Error is StoreError.NotFound or StoreError.Conflict)
        {
            LogAction(_logger, _key.Namespace, _key.Name, "remove the object: it is gone already", e);
        }
        catch (StoreException e)
        {
            Post(new Message.Happened(new PodFact.CleanupFailed(e.Message)));
        }
    }

    private async Task SignalAsync(Pod pod, PodSandbox sandbox, string name, int attempt)
    {
        var container = pod.Spec.All().First(c => c.Name == name);
        var signal = StopSignals.Of(container, _services.Images.Resolve(container.Image ?? ""));
        using var deadline = new CancellationTokenSource(_services.Options.CleanupDeadline, _services.Clock);
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            await _services.Options.LeftServices(Uid, deadline.Token);
        }

        try
        {
            Failpoint.Hit("pods.stop.ordered");
            await sandbox.SignalAsync(PodPlaces.ContainerId(name, attempt), signal, deadline.Token);
            Failpoint.Hit("pods.stop.signalled");
        }
        catch (SandboxException e)
        {
            // It has just ended by itself, or the shim is dead: either arrives as an event, and the grace ends in a kill.
            LogAction(_logger, _key.Namespace, _key.Name, $"signal container {name}", e);
        }

        Post(new Message.Signalled(name, attempt));
    }

    private async Task RunHookAsync(Pod pod, PodObservation seen, PodSandbox sandbox, PodAction.RunHook hook)
    {
        var container = pod.Spec.All().First(c => c.Name == hook.Name);
        var handler = (hook.Kind == HookKind.PostStart ? container.Lifecycle?.PostStart : container.Lifecycle?.PreStop)!;
        var addresses = seen.Sandbox.Addresses;
        using var ended = new CancellationTokenSource();
        _ = CancelAtEndAsync(ended, hook.Name, hook.Attempt, seen);
        string? failure;
        try
        {
            Failpoint.MayFail("pods.hook.ordered", () => new InvalidOperationException("failpoint"));
            failure = await _services.Probes.Hooks.RunAsync(
                handler, container, sandbox, addresses.Count > 0 ? addresses[0] : "127.0.0.1", pod.Spec.HostNetwork,
                command => _launcher.Exec(pod, container, hook.Attempt, sandbox, addresses, command),
                hook.Deadline - _wallClock.Now, ended.Token);
        }
        catch (Exception e)
        {
            // Whatever kept it from running: the container waits to be told.
            failure = e.Message;
        }
        finally
        {
            await ended.CancelAsync();
        }

        if (failure is not null)
        {
            _services.Events.Warning(pod, hook.Name, $"Failed{hook.Kind}Hook", $"{hook.Kind}Hook failed: {failure}");
        }

        Failpoint.Hit("pods.hook.untold");
        Post(new Message.Happened(new PodFact.HookEnded(hook.Name, hook.Attempt, hook.Kind, failure is null)));
    }

    private async Task CancelAtEndAsync(CancellationTokenSource ended, string name, int attempt, PodObservation seen)
    {
        try
        {
            await _ends.Of(name, attempt, seen).WaitAsync(ended.Token);
            await ended.CancelAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The hook was faster.
        }
    }

    private async Task PumpAsync(PodSandbox sandbox, int attempt)
    {
        await foreach (var happened in sandbox.Events.ReadAllAsync())
        {
            switch (happened)
            {
                case SandboxEvent.ContainerExited exited when PodPlaces.ParseContainerId(exited.ContainerId) is { } id:
                    Failpoint.Hit("pods.exit.heard");
                    var reason = exited.Exit switch
                    {
                        { OomKilled: true, Code: not 0 } => Reasons.OomKilled,
                        { Code: 0 } => Reasons.Completed,
                        _ => Reasons.Error,
                    };
                    var container = _now.Pod.Spec.All().FirstOrDefault(c => c.Name == id.Name);
                    var message = container is null ? "" : TerminationMessage.Read(container, _places, id.Attempt, exited.Exit.Code);
                    Post(new Message.Happened(new PodFact.ContainerExited(id.Name, id.Attempt, exited.Exit.Code, reason, message, null, exited.Exit.FinishedAt)));
                    break;
                case SandboxEvent.LogLost lost:
                    _services.Events.Warning(_now.Pod, PodPlaces.ParseContainerId(lost.ContainerId)?.Name, "LogLost",
                        $"{lost.Lines} log lines ({lost.Bytes} bytes) were dropped: the disk was full or too slow");
                    break;
                case SandboxEvent.ShimDied:
                    Post(new Message.Happened(new PodFact.SandboxLost(attempt, Reasons.SandboxDied, Unanswered())));
                    break;
                default:
                    break;
            }
        }
    }

    // The launcher makes a start's log just before it runs the program. Where nobody can look, each may have run: the news of the end is not
    // held up by that.
    private HashSet<string> Unanswered()
    {
        var seen = _now.Seen;
        try
        {
            return [.. seen.Containers.Where(c => LeftLog(c.Key, PodReducer.NextAttempt(c.Value))).Select(c => c.Key)];
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            LogAction(_logger, _key.Namespace, _key.Name, "look for logs of starts", e);
            return [.. seen.Containers.Keys];
        }
    }

    private static string Killing(PodAction.StopContainer stop) => stop.Order.Cause switch
    {
        StopCause.Liveness => $"Container {stop.Name} failed liveness probe, will be restarted",
        StopCause.Startup => $"Container {stop.Name} failed startup probe, will be restarted",
        StopCause.PostStart => "FailedPostStartHook",
        StopCause.Shutdown => $"Stopping container {stop.Name}: the machine's pods are shut down",
        StopCause.Resize => $"Container {stop.Name} resources changed, will be restarted as its resizePolicy has it",
        StopCause.ImageChange => $"Container {stop.Name} definition changed, will be restarted",
        _ => $"Stopping container {stop.Name}",
    };
}

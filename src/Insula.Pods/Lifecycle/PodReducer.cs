using Insula.Api.Core;
using Insula.Pods.Admission;
using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>How an observation changes by an action that is begun and by a fact that is reported. Pure.</summary>
public static class PodReducer
{
    /// <summary>Memory that is in use today may be free in a moment, and a glance at it is cheap.</summary>
    private static readonly TimeSpan MostResizeDelay = TimeSpan.FromSeconds(15);

    /// <summary>The observation after <paramref name="action"/> was ordered.</summary>
    public static PodObservation Begin(PodObservation seen, PodAction action)
    {
        switch (action)
        {
            case PodAction.CreateSandbox create:
                return seen with { Sandbox = seen.Sandbox with { Stage = SandboxStage.Creating, Attempt = create.Attempt } };
            case PodAction.DestroySandbox:
                return seen with { Sandbox = seen.Sandbox with { Stage = SandboxStage.Destroying } };
            case PodAction.StartContainer start:
                {
                    var container = seen.Container(start.Name);
                    return seen.With(start.Name, container with
                    {
                        Stage = ContainerStage.Starting,
                        Image = start.Image,
                        Actual = seen.Allocated?.GetValueOrDefault(start.Name),
                        User = null,
                        StopSignal = null,
                        BackOff = start.BackOff,
                        Stop = null,
                        SignalledAt = null,
                        PostStart = HookStage.None,
                        PreStop = HookStage.None,
                        Startup = ProbeVerdict.Unknown,
                        Readiness = ProbeVerdict.Unknown,
                        Liveness = ProbeVerdict.Unknown,
                    });
                }

            case PodAction.StopContainer stop:
                return seen.With(stop.Name, seen.Container(stop.Name) with
                {
                    Stage = ContainerStage.Stopping,
                    Stop = stop.Order,
                    SignalledAt = stop.Signals ? stop.Order.At : null,
                });
            case PodAction.SignalContainer signal:
                return seen.With(signal.Name, seen.Container(signal.Name) with { SignalledAt = signal.At });
            case PodAction.RunHook { Kind: HookKind.PostStart } hook:
                return seen.With(hook.Name, seen.Container(hook.Name) with { PostStart = HookStage.Running });
            case PodAction.RunHook hook:
                return seen.With(hook.Name, seen.Container(hook.Name) with { PreStop = HookStage.Running });
            case PodAction.KillContainer kill:
                return seen.With(kill.Name, seen.Container(kill.Name) with { Stage = ContainerStage.Killing, Stop = kill.Order ?? seen.Container(kill.Name).Stop });
            case PodAction.RestartAll all:
                return seen with { Restart = new PodRestart(all.Name, all.Attempt) };
            case PodAction.BeginAnew anew:
                return seen with { Restart = null, Containers = seen.Containers.ToDictionary(c => c.Key, c => Renewed(c.Value, c.Key == anew.Name ? anew.BackOff : c.Value.BackOff)) };
            case PodAction.Resize:
                return seen with { Sandbox = seen.Sandbox with { IsResizing = true } };
            case PodAction.Cleanup:
                return seen with { Cleanup = CleanupStage.Running };
            case PodAction.RemoveObject:
                return seen with { Cleanup = CleanupStage.Removing };
            default:
                throw new ArgumentOutOfRangeException(nameof(action), action, "unknown action");
        }
    }

    /// <summary>The observation after <paramref name="fact"/> was reported at <paramref name="now"/>.</summary>
    public static PodObservation Apply(PodObservation seen, PodFact fact, DateTimeOffset now, LifecycleRules rules) => fact switch
    {
        PodFact.SandboxReady ready => OfSandbox(seen, ready.Attempt, SandboxStage.Creating, s => s with
        {
            Stage = SandboxStage.Ready,
            Addresses = ready.Addresses,
            Failure = null,
            Lost = null,
            Limits = ready.Limits,
            IsResizing = false,
            ResizeFailure = null,
        }),
        PodFact.SandboxRefused refused => OfSandbox(seen, refused.Attempt, SandboxStage.Creating, s => s with
        {
            Stage = SandboxStage.CreateFailed,
            Attempt = refused.Abandoned ? s.Attempt + 1 : s.Attempt,
            Failure = Retry(s.Failure, refused.Reason, refused.Message, now, rules),
        }),
        PodFact.Rejected rejected => OfSandbox(seen, rejected.Attempt, SandboxStage.Creating, s => s with { Stage = SandboxStage.None, Failure = null }) with
        {
            Rejected = new Rejection(rejected.Reason, rejected.Message),
        },
        PodFact.SandboxStuck stuck => OfSandbox(seen, stuck.Attempt, SandboxStage.Destroying, s => s with
        {
            Stage = SandboxStage.DestroyFailed,
            Failure = Retry(s.Failure, "FailedKillPod", stuck.Message, now, rules),
        }),
        PodFact.SandboxGone gone => OfSandbox(seen, gone.Attempt, SandboxStage.Destroying, s => s with
        {
            Stage = SandboxStage.None,
            Attempt = gone.Attempt + 1,
            Failure = null,
        }),
        PodFact.SandboxLost lost => SandboxLost(seen, lost, now),
        PodFact.ContainerStarted started => Started(seen, started),
        PodFact.ContainerRefused refused => Refused(seen, refused, now, rules),
        PodFact.PullStarted pull => OfImage(seen, pull.Name, pull.Image, ContainerStage.Starting, c => c with { Stage = ContainerStage.Pulling }),
        PodFact.Pulled pull => OfImage(seen, pull.Name, pull.Image, ContainerStage.Pulling, c => c with { Stage = ContainerStage.Pulled }),
        PodFact.PullFailed pull => OfImage(seen, pull.Name, pull.Image, ContainerStage.Pulling, c => Refused(c, Reasons.ErrImagePull, pull.Message, now, rules)),
        PodFact.ContainerStartFailed failed => Exited(seen, new PodFact.ContainerExited(failed.Name, failed.Attempt, 128, Reasons.StartError, failed.Message, null, now)),
        // The clock may have been set back since.
        PodFact.ContainerExited exited => Exited(seen, exited.FinishedAt > now ? exited with { FinishedAt = now } : exited),
        PodFact.HookEnded hook => HookEnded(seen, hook),
        PodFact.ProbeChanged probe => OfRunning(seen, probe.Name, probe.Attempt, c => probe.Kind switch
        {
            ProbeKind.Startup => c with { Startup = probe.Verdict },
            ProbeKind.Readiness => c with { Readiness = probe.Verdict },
            _ => c with { Liveness = probe.Verdict },
        }),
        PodFact.ImagesChanged => AtOnce(seen, now, PodStatusBuilder.IsImageReason),
        PodFact.ReferencesChanged => ReferencesChanged(seen, now),
        PodFact.Unplaced unplaced => seen with { Unplaced = unplaced.Message, IsNominated = unplaced.IsNominated },
        PodFact.Placed placed => seen with { Unplaced = null, IsNominated = false, Allocated = placed.Resources ?? seen.Allocated },
        PodFact.ResizeGranted granted => seen with { Allocated = granted.Resources, PendingResize = null, Sandbox = seen.Sandbox with { ResizeFailure = null } },
        PodFact.ResizeHeldBack held => seen with { PendingResize = held.Why },
        PodFact.Resized resized => Resized(seen, resized, now, rules),
        PodFact.Drained drained => seen with { Draining = drained.Limit },
        PodFact.CleanupDone => seen with { Cleanup = CleanupStage.Done, CleanupFailure = null },
        PodFact.CleanupFailed failed => seen with
        {
            Cleanup = CleanupStage.Failed,
            CleanupFailure = Retry(seen.CleanupFailure, "FailedCleanup", failed.Message, now, rules),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(fact), fact, "unknown fact"),
    };

    /// <summary>The restart count that the next start of a container has.</summary>
    public static int NextAttempt(ContainerObservation container) => container.EverStarted ? container.Attempt + 1 : container.Attempt;

    private static PodObservation OfSandbox(PodObservation seen, int attempt, SandboxStage stage, Func<SandboxObservation, SandboxObservation> change) =>
        seen.Sandbox.Attempt == attempt && seen.Sandbox.Stage == stage ? seen with { Sandbox = change(seen.Sandbox) } : seen;

    private static PodObservation OfRunning(PodObservation seen, string name, int attempt, Func<ContainerObservation, ContainerObservation> change)
    {
        var container = seen.Container(name);
        return container.Stage == ContainerStage.Running && container.Attempt == attempt ? seen.With(name, change(container)) : seen;
    }

    private static PodObservation OfImage(
        PodObservation seen, string name, string image, ContainerStage stage, Func<ContainerObservation, ContainerObservation> change)
    {
        var container = seen.Container(name);
        return container.Stage == stage && container.Image == image ? seen.With(name, change(container)) : seen;
    }

    private static PodObservation Resized(PodObservation seen, PodFact.Resized resized, DateTimeOffset now, LifecycleRules rules)
    {
        if (seen.Sandbox is not { IsResizing: true } sandbox || sandbox.Attempt != resized.Sandbox)
        {
            return seen;
        }

        foreach (var step in resized.Done)
        {
            if (step.Container is null)
            {
                sandbox = sandbox with { Limits = sandbox.Limits?.With(step.Resource, step.Limits) };
            }
            else if (seen.Container(step.Container) is { Actual: { } actual } container && container.Attempt == step.Attempt)
            {
                seen = seen.With(step.Container, container with { Actual = Allocation.With(actual, step.Resource, step.Amounts!) });
            }
        }

        return seen with
        {
            Sandbox = sandbox with
            {
                IsResizing = false,
                ResizeFailure = resized.Failure is null ? null : Retry(sandbox.ResizeFailure, PodResizeReasons.Error, resized.Failure, now, rules, MostResizeDelay),
            },
        };
    }

    private static PodObservation HookEnded(PodObservation seen, PodFact.HookEnded hook)
    {
        var container = seen.Container(hook.Name);
        if (container.Attempt != hook.Attempt || container.Stage is not (ContainerStage.Running or ContainerStage.Stopping))
        {
            return seen;
        }

        return (hook.Kind, container) switch
        {
            (HookKind.PostStart, { PostStart: HookStage.Running }) =>
                seen.With(hook.Name, container with { PostStart = hook.Ok ? HookStage.Done : HookStage.Failed }),

            // Whatever came of it, the container is ended next.
            (HookKind.PreStop, { PreStop: HookStage.Running }) => seen.With(hook.Name, container with { PreStop = HookStage.Done }),
            _ => seen,
        };
    }

    private static PodObservation SandboxLost(PodObservation seen, PodFact.SandboxLost lost, DateTimeOffset now)
    {
        if (seen.Sandbox.Attempt != lost.Attempt || seen.Sandbox.Stage is SandboxStage.Destroying or SandboxStage.None or SandboxStage.DestroyFailed)
        {
            return seen;
        }

        var containers = seen.Containers.ToDictionary(c => c.Key, c => Bereft(c.Value, lost.Why, lost.Unanswered?.Contains(c.Key) == true, now));
        return seen with
        {
            Sandbox = seen.Sandbox with { Stage = SandboxStage.Dead, Lost = lost.Why },
            Containers = containers,
        };
    }

    private static ContainerObservation Bereft(ContainerObservation container, string why, bool mayHaveRun, DateTimeOffset now)
    {
        switch (container.Stage)
        {
            case ContainerStage.Starting when mayHaveRun:
                // Nobody can tell whether its program ran: that number is not given to another start.
                return Bereft(
                    container with
                    {
                        Stage = ContainerStage.Running,
                        Attempt = NextAttempt(container),
                        EverStarted = true,
                        StartedAt = null,
                        LastExit = container.Exit ?? container.LastExit,
                    },
                    why, false, now);
            case ContainerStage.Starting:
            case ContainerStage.Refused:
            case ContainerStage.Pulling:
            case ContainerStage.Pulled:
                // The unanswered start ends with the sandbox and was not counted.
                return container with { Stage = container.EverStarted ? ContainerStage.Exited : ContainerStage.Absent, Stale = container.EverStarted };
            case ContainerStage.Running:
            case ContainerStage.Stopping:
            case ContainerStage.Killing:
                return container with
                {
                    Stage = ContainerStage.Exited,
                    Stale = true,
                    Exit = new ContainerExit
                    {
                        Attempt = container.Attempt,
                        ExitCode = 137,
                        Reason = why,
                        Message = why == Reasons.Rebooted
                            ? "The machine rebooted while the container ran."
                            : "The pod's supervising process died; the container was killed with its sandbox.",
                        StartedAt = container.StartedAt,
                        FinishedAt = now,
                        Cause = container.Stop?.Cause,
                    },
                };
            default:
                return container with { Stale = container.EverStarted };
        }
    }

    // Nothing of it runs. What it has done counts no more, and neither does what kept it from being started.
    private static ContainerObservation Renewed(ContainerObservation container, BackOff? backOff) => container with
    {
        Stage = container.EverStarted ? ContainerStage.Exited : ContainerStage.Absent,
        Stale = container.EverStarted,
        Exit = container.Exit is { } exit ? exit with { Cause = StopCause.RestartAll } : null,
        Refusal = null,
        BackOff = backOff,
    };

    private static PodObservation Started(PodObservation seen, PodFact.ContainerStarted started)
    {
        var container = seen.Container(started.Name);
        if (container.Stage == ContainerStage.Starting && NextAttempt(container) == started.Attempt)
        {
            return seen.With(started.Name, container with
            {
                Stage = ContainerStage.Running,
                Attempt = started.Attempt,
                EverStarted = true,
                StartedAt = started.StartedAt,
                ImageId = started.ImageId,
                User = started.User,
                StopSignal = started.StopSignal,
                LastExit = container.Exit ?? container.LastExit,
                Exit = null,
                Refusal = null,
                Stale = false,
            });
        }

        // The exit of a short-lived process can be reported before the answer to its start.
        if (container.Stage == ContainerStage.Exited && container.Attempt == started.Attempt && container.Exit is { } exit)
        {
            return seen.With(started.Name, container with
            {
                StartedAt = started.StartedAt,
                ImageId = started.ImageId,
                User = started.User,
                StopSignal = started.StopSignal,
                Exit = exit with { StartedAt = started.StartedAt },
            });
        }

        return seen;
    }

    private static PodObservation Refused(PodObservation seen, PodFact.ContainerRefused refused, DateTimeOffset now, LifecycleRules rules)
    {
        var container = seen.Container(refused.Name);
        return container.Stage == ContainerStage.Starting && NextAttempt(container) == refused.Attempt
            ? seen.With(refused.Name, Refused(container, refused.Reason, refused.Message, now, rules))
            : seen;
    }

    private static ContainerObservation Refused(ContainerObservation container, string reason, string message, DateTimeOffset now, LifecycleRules rules)
    {
        var delay = container.Refusal is { } before && before.Reason == reason ? before.Delay * 2 : rules.Crash.Initial;
        return container with { Stage = ContainerStage.Refused, Refusal = new Refusal(reason, message, now, Shorter(delay, rules.Crash.Max)) };
    }

    private static PodObservation Exited(PodObservation seen, PodFact.ContainerExited exited)
    {
        var container = seen.Container(exited.Name);
        var starting = container.Stage == ContainerStage.Starting && NextAttempt(container) == exited.Attempt;
        var running = container.Stage is ContainerStage.Running or ContainerStage.Stopping or ContainerStage.Killing && container.Attempt == exited.Attempt;
        if (!starting && !running)
        {
            // The end of an earlier start, which nobody has written: the daemon died when its successor ran already.
            return container.EverStarted && exited.Attempt < container.Attempt && !(container.LastExit?.Attempt >= exited.Attempt)
                ? seen.With(exited.Name, container with { LastExit = ExitOf(exited, null, null) })
                : seen;
        }

        return seen.With(exited.Name, container with
        {
            Stage = ContainerStage.Exited,
            Attempt = exited.Attempt,
            EverStarted = true,
            StartedAt = exited.StartedAt ?? (running ? container.StartedAt : null),
            LastExit = starting ? container.Exit ?? container.LastExit : container.LastExit,
            Exit = ExitOf(exited, running ? container.StartedAt : null, container.Stop),
            Refusal = null,
            Stale = container.Stop?.Cause == StopCause.RestartAll,
        });
    }

    private static ContainerExit ExitOf(PodFact.ContainerExited exited, DateTimeOffset? startedAt, StopOrder? stop) => new()
    {
        Attempt = exited.Attempt,
        ExitCode = exited.ExitCode,
        Reason = stop?.Cause == StopCause.Shutdown && exited.Reason != Reasons.OomKilled ? Reasons.Terminated : exited.Reason,
        Message = exited.Message,
        StartedAt = exited.StartedAt ?? startedAt,
        FinishedAt = exited.FinishedAt,
        Cause = stop?.Cause,
    };

    private static PodObservation AtOnce(PodObservation seen, DateTimeOffset now, Func<string, bool> reason)
    {
        foreach (var (name, container) in seen.Containers)
        {
            if (container is { Stage: ContainerStage.Refused, Refusal: { } refusal } && reason(refusal.Reason))
            {
                seen = seen.With(name, container with { Refusal = refusal.DueAt(now) });
            }
        }

        return seen;
    }

    private static PodObservation ReferencesChanged(PodObservation seen, DateTimeOffset now)
    {
        if (seen.Sandbox is { Stage: SandboxStage.CreateFailed, Failure: { Reason: Reasons.FailedMount } failure })
        {
            seen = seen with { Sandbox = seen.Sandbox with { Failure = failure.DueAt(now) } };
        }

        return AtOnce(seen, now, static reason => reason == Reasons.CreateContainerConfigError);
    }

    private static Refusal Retry(Refusal? before, string reason, string message, DateTimeOffset now, LifecycleRules rules, TimeSpan? most = null)
    {
        var delay = before is not null && before.Reason == reason && before.Delay > TimeSpan.Zero ? before.Delay * 2 : rules.RetryInitial;
        return new Refusal(reason, message, now, Shorter(delay, most ?? rules.Crash.Max));
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}

using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Configs;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Scheduling;
using Insula.Sandbox;

namespace Insula.Pods.Workers;

/// <content>How what arrives changes what is known.</content>
internal sealed partial class PodWorker
{
    // Before anything that happened since is taken: its times are those of the new clock.
    private void FollowClock()
    {
        if (_wallClock.TakeJump() is var by && by == TimeSpan.Zero)
        {
            return;
        }

        LogJump(_logger, _key.Namespace, _key.Name, by);
        var status = _now.Pod.Status;
        _now = _now with { Pod = _now.Pod with { Status = status with { StartTime = status.StartTime + by } }, Seen = ClockJump.Move(_now.Seen, by) };
    }

    private void Take(Message message)
    {
        switch (message)
        {
            case Message.Changed changed when !_status.Knows(changed.Stored):
                var pod = changed.Stored.ReadPod();
                _status.Read(changed.Stored, pod.Status);
                var (shown, before) = (_now.Pod.Metadata, Allocation.Of(_now.Pod.Spec));
                var isAddedTo = pod.Spec.EphemeralContainers.Count > _now.Pod.Spec.EphemeralContainers.Count;
                _now = _now with { Pod = pod with { Status = _now.Pod.Status with { Conditions = PodStatusRecord.WithOthers(_now.Pod.Status.Conditions, pod.Status.Conditions) } } };
                if (isAddedTo)
                {
                    TakeAdded();
                }

                if (!Allocation.AreSame(before, Allocation.Of(pod.Spec)))
                {
                    _services.Scheduler.Want(PodClaim.Of(pod), _wallClock.Now);
                }

                if (PodReferences.ShowsMetadata(pod.Spec) && PodReferences.MetadataDiffers(shown, pod.Metadata))
                {
                    Refresh();
                }

                break;
            case Message.Happened { Fact: PodFact.SandboxReady ready, Made: { } made }:
                TakeSandbox(ready, made);
                break;
            case Message.Happened { Fact: PodFact.ContainerExited exited }:
                Apply(exited);
                _retired.Add(PodPlaces.ContainerId(exited.Name, exited.Attempt));
                _signalled.Remove((exited.Name, exited.Attempt));
                break;
            case Message.Signalled signalled:
                _signalled.Add((signalled.Name, signalled.Attempt));
                break;
            case Message.Happened happened:
                Apply(happened.Fact);
                break;
            default:
                break;
        }
    }

    // Ephemeral containers: they have references of their own, and places in the file of the sandbox's state.
    private void TakeAdded()
    {
        _named = PodReferences.Of(_now.Pod.Spec);
        if (_state is null)
        {
            return;
        }

        _state.Dispose();
        _state = null;
        try
        {
            _state = OpenState(_now.Pod, _now.Seen.Sandbox.Attempt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without it a daemon that is killed leaves its successor no counters of probes; nothing else is lost.
            LogAction(_logger, _key.Namespace, _key.Name, "open the file of its state again", e);
        }
    }

    private void TakeSandbox(PodFact.SandboxReady ready, PodSandbox made)
    {
        if (_now.Seen.Sandbox is not { Stage: SandboxStage.Creating } waiting || waiting.Attempt != ready.Attempt)
        {
            // Nobody waits for it any more; what is left is removed by the sweep of this attempt.
            Run("let go of a late sandbox", async () => await made.DisposeAsync());
            return;
        }

        PodStateFile state;
        try
        {
            state = OpenState(_now.Pod, ready.Attempt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As good as not made: the next attempt finds it and removes it first.
            var message = $"the file of its state could not be opened: {e.Message}";
            _services.Events.Warning(_now.Pod, null, Reasons.FailedCreatePodSandBox, message);
            Apply(new PodFact.SandboxRefused(ready.Attempt, Reasons.FailedCreatePodSandBox, message));
            return;
        }

        Apply(ready);
        _state?.Dispose();
        _state = state;
        _state.Keep(_now.Seen); // before the first start: what the earlier sandbox's file told is told by this one
        _now = _now with { Sandbox = made };
        _ = PumpAsync(made, ready.Attempt);
    }

    // What is set aside is put into force when that is recorded: the next daemon must not find more in force than it knows of.
    private bool Waits(PodAction action) => Forgets(action) || (_isGrantUnwritten && action is PodAction.Resize or PodAction.StopContainer { Order.Cause: StopCause.Resize });

    // With its sandbox goes what the shim knows of exits: not before they are in the stored status, unless nobody will ask for it any more.
    private bool Forgets(PodAction action) =>
        action is PodAction.DestroySandbox && _retired.Count > 0 && _now.Pod.Metadata is not { DeletionTimestamp: not null, Finalizers.Count: 0 };

    private void Apply(PodFact fact)
    {
        var before = _now.Seen;
        _now = _now with { Seen = PodReducer.Apply(before, fact, _wallClock.Now, _services.Rules) };
        switch (fact)
        {
            case PodFact.SandboxLost lost when !ReferenceEquals(before, _now.Seen):
                _services.Events.Warning(_now.Pod, null, lost.Why, "The pod's supervising process died; its containers are killed and the pod is set up anew if its restartPolicy allows.");
                break;
            case PodFact.Unplaced unplaced:
                _services.Events.Warning(_now.Pod, null, Reasons.FailedScheduling, unplaced.Message);
                break;
            case PodFact.ReferencesChanged:
                Interlocked.Increment(ref _references);
                Refresh();
                break;
            case PodFact.Placed:
                _isGrantUnwritten = true;
                break;
            case PodFact.ResizeGranted:
                (_isGrantUnwritten, _held) = (true, null);
                Refresh(); // files may show them
                break;
            case PodFact.SandboxGone:
                _state?.Dispose();
                _state = null;
                break;
            default:
                break;
        }

        _ends.Complete(_now.Seen);
    }
}

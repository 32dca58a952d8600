using System.Collections.Concurrent;
using Insula.Api.Core;
using Insula.Network;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Scheduling;
using Insula.Pods.Security;
using Insula.Pods.UserNamespaces;
using Insula.Pods.Workers;
using Insula.Sandbox;
using Microsoft.Extensions.Logging;

namespace Insula.Pods;

/// <summary>How a daemon takes up what the one before it has left.</summary>
public sealed partial class PodManager
{
    private async Task<(IReadOnlyList<PodWorker> Workers, long Since)> TakeUpAsync(CancellationToken cancellationToken)
    {
        await _services.Network.StartAsync(cancellationToken);
        Failpoint.Hit("pods.take-up.network-started");
        Directory.CreateDirectory(Path.Combine(_services.Options.RootDirectory, LocalhostProfiles.DirectoryName), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.Combine(_services.Options.RootDirectory, "pods"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _services.UserIds.Adopt();
        _services.Categories.Adopt();
        var why = BootRecord.IsNewBoot(_services.Options.RootDirectory, _services.Machine.BootId) ? Reasons.Rebooted : Reasons.SandboxDied;
        var known = _services.Sandboxes.ListKnown();
        var list = _services.Store.List(Resource, null);
        var attempts = known.Select(PodPlaces.ParseSandboxId).OfType<(string Uid, int Attempt)>().ToLookup(s => s.Uid, s => s.Attempt);

        var workers = list.Items.Select(Make).OfType<PodWorker>().ToList();
        var adopted = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(workers, cancellationToken, async (worker, ct) =>
        {
            if (await AdoptAsync(worker, [.. attempts[worker.Uid]], why, ct) is { } id)
            {
                adopted.Add(id);
            }
        });

        // Before the workers may make new sandboxes: what is not adopted now belongs to nobody.
        await _services.Network.ReconcileAsync(adopted.ToHashSet(), cancellationToken);
        Failpoint.Hit("pods.take-up.reconciled");
        BootRecord.Write(_services.Options.RootDirectory, _services.Machine.BootId);
        Failpoint.Hit("pods.take-up.boot-recorded");
        _orphans.Sweep(known, uid => !_workers.ContainsKey(uid));
        _started = true;
        LogStarted(_logger, workers.Count, adopted.Count);
        return (workers, list.ResourceVersion);
    }

    private async Task<string?> AdoptAsync(PodWorker worker, IReadOnlyList<int> attempts, string why, CancellationToken cancellationToken)
    {
        try
        {
            return await worker.AdoptAsync(attempts, why, cancellationToken);
        }
        catch (Exception e) when (e is SandboxException or NetworkException or Linux.LinuxException or IOException)
        {
            // Its processes run on; the worker begins as if the sandbox had died, which ends in a clean one.
            LogAdoption(_logger, worker.Uid, e);
            return null;
        }
    }

    // A place that was given is kept, also over a reboot, and so is room that is being made: what has ended needs none, and what was deleted before it had one does not get it any more.
    private static PodClaim? Claim(PodWorker worker, bool hasSandbox)
    {
        var pod = worker.Current.Pod;
        var placed = hasSandbox || pod.Status.Conditions.Any(c => c is { Type: PodConditionTypes.PodScheduled, Status: ConditionStatuses.True });
        var leaves = pod.Metadata.DeletionTimestamp is not null;
        var allocated = worker.Current.Seen.Allocated ?? Allocation.Of(pod.Spec);
        return pod.Status.Phase is PodPhases.Succeeded or PodPhases.Failed || (leaves && !placed) ? null
            : PodClaim.Of(pod) with
            {
                Stage = !placed ? ClaimStage.Waiting : leaves ? ClaimStage.Leaving : ClaimStage.Placed,
                Awaited = !placed && pod.Status.NominatedNodeName is not null,
                AllocatedResources = placed ? allocated : null,
                Allocated = placed ? Amounts.Of(Allocation.Apply(pod.Spec, allocated)) : null,
                Actual = placed ? Amounts.Of(Allocation.Apply(pod.Spec, Allocation.InForce(pod))) : default,
                ResizingSince = pod.Status.Conditions.FirstOrDefault(c => c.Type == PodConditionTypes.PodResizePending)?.LastTransitionTime ?? DateTimeOffset.MaxValue,
            };
    }

    // An option that cannot be honoured is told at once; what stands in the machine's files may be meant for later.
    private void CheckUserIds()
    {
        try
        {
            _services.UserIds.Check();
        }
        catch (UserIdException e) when (_services.Options.UserIds is null)
        {
            LogUserIds(_logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Pods} pods taken up, {Adopted} of them running")]
    private static partial void LogStarted(ILogger logger, int pods, int adopted);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pods with hostUsers: false are refused: {Reason}")]
    private static partial void LogUserIds(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "pod {Uid} could not be adopted and is set up anew")]
    private static partial void LogAdoption(ILogger logger, string uid, Exception exception);
}

using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Quotas;
using Insula.Store;
using Insula.Workloads;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http;
using Insulad.Quotas;
using Microsoft.Extensions.Logging;

namespace Insulad.Workloads;

/// <summary>
/// Follows workloads and pods, asks the controller of each kind what is to be done, and does it. All that is known is in the store, so that who
/// comes after a daemon that was killed goes on where it was. Nothing is looked at again but after a change, or at a time that was named.
/// </summary>
internal sealed partial class WorkloadController(
    IObjectStore store, ObjectWriter objects, DeleteHandler deletions, DaemonOptions options, TimeProvider time, ILogger<WorkloadController> logger)
    : StoreFollower("following workloads", time, logger)
{
    /// <summary>After so many steps without a pause something is wrong, and each further one waits.</summary>
    private const int MostSteps = 200;

    private const int LongestDelayStep = 9;
    private const string Namespaces = "namespaces";

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ObjectKey, (CreateFailure Failure, int Count, long Generation)> _failures = [];
    private readonly Dictionary<ObjectKey, DateTimeOffset> _due = [];
    private readonly Dictionary<ObjectKey, int> _steps = [];

    protected override async Task RunAsync(CancellationToken ct)
    {
        var index = new WorkloadIndex();
        var writer = new WorkloadWriter(store, objects, deletions, new ObjectEvents(store, options, Time), index);
        using var watch = store.Follow(change => IsFollowed(change.Object!.Key.Resource));
        var coming = new PendingRead<WatchEvent>(watch.Events);
        _due.Clear();
        foreach (var resource in WorkloadKinds.All.Select(k => k.Resource).Concat([WorkloadKinds.Pods, WorkloadKinds.Claims, WorkloadKinds.Revisions]))
        {
            foreach (var item in store.List(resource, null).Items)
            {
                index.Update(item.Key, item);
            }
        }

        while (await HearAsync(index, watch, coming, ct))
        {
            if (index.TakeConcerned() is { } key)
            {
                await SyncAsync(index, writer, key, ct);
            }
        }

        // Ends with the exception that ended the watch, if one did.
        await watch.Events.Completion;
    }

    /// <summary>Takes in what has come, and waits for something to do when there is nothing; false when the watch has ended.</summary>
    private async Task<bool> HearAsync(WorkloadIndex index, ObjectWatch watch, PendingRead<WatchEvent> coming, CancellationToken ct)
    {
        while (true)
        {
            while (watch.Events.TryRead(out var change))
            {
                Hear(index, change);
            }

            var now = Time.GetUtcNow();
            foreach (var (key, _) in _due.Where(d => d.Value <= now).ToList())
            {
                _due.Remove(key);
                index.Concern(key);
            }

            if (index.HasConcerned)
            {
                return true;
            }

            _steps.Clear();
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var heard = coming.WaitAsync();
            var due = _due.Count == 0 ? Timeout.InfiniteTimeSpan : Limited(_due.Values.Min() - now);
            var first = await Task.WhenAny(heard, Task.Delay(due, Time, waiting.Token));
            if (first == heard && !await heard)
            {
                return false;
            }

            await waiting.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }
    }

    private static bool IsFollowed(string resource) =>
        WorkloadIndex.Follows(resource) || resource is Namespaces or LimitStep.Resource or QuotaLedger.Resource;

    private void Hear(WorkloadIndex index, WatchEvent change)
    {
        if ((change.Object ?? change.Previous) is not { } item)
        {
            return;
        }

        if (WorkloadIndex.Follows(item.Key.Resource))
        {
            // What is there now, not what was then: our own later writes are known already.
            index.Update(item.Key, store.Get(item.Key));
        }
        else if (item.Key.Resource == Namespaces)
        {
            TryAgain(index, item.Key.Name);
        }
        else if (item.Key.Resource == LimitStep.Resource || (item.Key.Resource == QuotaLedger.Resource && IsRoom(change)))
        {
            TryAgain(index, item.Key.Namespace);
        }
    }

    /// <summary>What a namespace allows may have changed: who was refused there tries at once.</summary>
    private void TryAgain(WorkloadIndex index, string ns)
    {
        foreach (var key in _failures.Keys.Where(k => k.Namespace == ns).ToList())
        {
            _failures[key] = _failures[key] with { Failure = _failures[key].Failure with { Until = Time.GetUtcNow() } };
            index.Concern(key);
        }
    }

    // That more is used is no reason to try.
    private static bool IsRoom(WatchEvent change)
    {
        if (change is not { Object: { } next, Previous: { } before, Type: WatchEventType.Modified })
        {
            return true;
        }

        var (now, was) = (ApiJson.Read<ResourceQuota>(next.Json.Span), ApiJson.Read<ResourceQuota>(before.Json.Span));
        return now.Metadata.Generation != was.Metadata.Generation || was.Status.Used.Any(u => now.Status.Used.GetValueOrDefault(u.Key) < u.Value);
    }

    private async Task SyncAsync(WorkloadIndex index, WorkloadWriter writer, ObjectKey key, CancellationToken ct)
    {
        _due.Remove(key);
        if (index.Find(key) is not { } workload)
        {
            _failures.Remove(key);
            return;
        }

        if (_failures.TryGetValue(key, out var known) && known.Generation != workload.Metadata.Generation)
        {
            _failures.Remove(key);
        }

        var now = Time.GetUtcNow();
        var failure = _failures.GetValueOrDefault(key).Failure;
        var decision = WorkloadKinds.Find(key.Resource)!.Decide(index, workload, failure, now);

        // Who was refused makes and changes nothing for a while; what frees room is done all the same.
        var changes = failure?.Until > now ? [.. decision.Changes.Where(c => c is WorkloadChange.Delete)] : decision.Changes;
        var refusal = await writer.ApplyAsync(workload, changes, ct);
        if (changes.Any(c => c is not WorkloadChange.Tell))
        {
            Failpoint.Hit("workloads.changes.made");
            Judge(workload, changes, refusal, now);
            if (Steps(key) > MostSteps)
            {
                LogStepping(key.ToString());
                _due[key] = now + s_firstDelay;
            }
            else
            {
                index.Concern(key);
            }
        }
        else if ((changes.Count < decision.Changes.Count ? failure?.Until : decision.LookAgain) is { } later)
        {
            _due[key] = later;
        }

        await PublishAsync(index, workload, decision.Status, ct);
    }

    private int Steps(ObjectKey key) => _steps[key] = _steps.GetValueOrDefault(key) + 1;

    /// <summary>Remembers that something was refused, and when to try again; or that it went well.</summary>
    private void Judge(Workload workload, IReadOnlyList<WorkloadChange> changes, string? refusal, DateTimeOffset now)
    {
        if (refusal is null)
        {
            if (changes.Any(c => c is WorkloadChange.Create))
            {
                _failures.Remove(workload.Key);
            }

            return;
        }

        var before = _failures.GetValueOrDefault(workload.Key);
        var count = before.Count + 1;
        var until = now + (s_firstDelay * (1 << Math.Min(count - 1, LongestDelayStep)));
        _failures[workload.Key] = (new CreateFailure(refusal, before.Failure?.Since ?? now, until), count, workload.Metadata.Generation ?? 0);
        LogRefused(workload.Key.ToString(), refusal);
    }

    private async Task PublishAsync(WorkloadIndex index, Workload workload, JsonObject? status, CancellationToken ct)
    {
        if (status is null)
        {
            return;
        }

        await store.PublishAsync(workload.Stored, status, ct);
        index.Update(workload.Key, store.Get(workload.Key));
    }

    // A timer takes some weeks at most.
    private static TimeSpan Limited(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : wait;

    [LoggerMessage(1, LogLevel.Warning, "{Workload} may not do what it wants, and tries again later: {Reason}")]
    private partial void LogRefused(string workload, string reason);

    [LoggerMessage(2, LogLevel.Error, "{Workload} wants more and more without end")]
    private partial void LogStepping(string workload);
}

using System.Threading.Channels;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Nodes;
using Insula.Linux;
using Insula.Pods.Eviction;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Nodes;

/// <summary>
/// Keeps the machine's object true, and evicts pods when the machine is short of something. The object is written when the daemon starts and when something has
/// changed, never for a heartbeat alone; that there is pressure is in it before anybody is evicted for it.
/// </summary>
/// <param name="store">The objects.</param>
/// <param name="facts">The machine.</param>
/// <param name="turns">What is done when something is short.</param>
/// <param name="networkTrouble">Why pods cannot be connected; null where that is no question.</param>
/// <param name="stalls">Calls, and awaits, what it is given whenever tasks wait for memory; ends with the reason when it cannot tell. Null for nobody who tells.</param>
/// <param name="options">The daemon's options.</param>
/// <param name="time">The time.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class NodeController(
    IObjectStore store, NodeFacts facts, EvictionTurns turns, Func<string?>? networkTrouble, Func<Func<Task>, CancellationToken, Task<string>>? stalls, DaemonOptions options, TimeProvider time, ILogger<NodeController> logger)
    : StoreFollower("keeping the node's object", time, logger)
{
    /// <summary>Where the object is.</summary>
    public const string Resource = "nodes";

    /// <summary>How often is looked where no event tells; the kubelet's figure.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    /// <summary>The least that is waited for a grace to pass.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(10);

    /// <summary>How long after a wait for memory, or a step against a lack, the next may be looked at: one look tells of many, and what hovers about its threshold keeps nobody busy.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(1);

    private readonly ObjectEvents _events = new(store, options, time);
    private readonly NodeConditions _conditions = new(options.EvictionTransition);
    private bool? _isClosed;
    private volatile bool _isTurning;

    // Ends the waiting for pods that have a grace; null while there is no turn of such.
    private readonly Lock _turning = new();
    private CancellationTokenSource? _patience;

    /// <summary>Makes the object where there is none, before anybody asks whether the machine takes pods; one of an earlier name is taken over.</summary>
    public static async Task EnsureAsync(IObjectStore store, string name, CancellationToken ct)
    {
        var key = new ObjectKey(Resource, "", name);
        var others = store.List(Resource, null).Items.Where(o => o.Key != key).ToList();
        if (store.Get(key) is null)
        {
            var document = others.Count > 0 ? NodeDocument.Renamed(others[0].ToDocument(), name) : NodeDocument.New(name);
            await store.CreateAsync(key, document, ct);
        }

        foreach (var other in others)
        {
            await store.DeleteAsync(other.Key, new Preconditions(other.Uid), ct);
        }
    }

    protected override async Task RunAsync(CancellationToken ct)
    {
        using var watch = store.Watch(Resource, null, null);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var watching = WatchMemoryAsync(wakes.Writer, ending.Token);
        var turn = Task.CompletedTask;
        try
        {
            do
            {
                IReadOnlyList<Lack> due = [.. (await LookAsync(ct)).Where(l => l.IsDue)];
                if (due.Count > 0 && !_isTurning)
                {
                    turn = TurnAsync(due, wakes.Writer, ending.Token);
                }
                else if (due.Any(l => l.IsHard))
                {
                    LosePatience();
                }
            }
            while (await WaitAsync(watch, wakes.Reader, ct));
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(watching, turn).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Beside the object, which is kept true meanwhile.
    private async Task TurnAsync(IReadOnlyList<Lack> lacks, ChannelWriter<bool> wake, CancellationToken ct)
    {
        _isTurning = true;
        var isWorthALook = false;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        lock (_turning)
        {
            _patience = lacks.Any(l => l.IsHard) ? null : patience;
        }

        try
        {
            isWorthALook = await Task.Run(() => turns.TakeAsync(lacks, patience.Token), ct);
            if (isWorthALook)
            {
                await Task.Delay(s_rest, Time, ct);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The next turn is one against a hard threshold.
            isWorthALook = true;
        }
        finally
        {
            lock (_turning)
            {
                _patience = null;
            }

            _isTurning = false;
        }

        if (isWorthALook)
        {
            wake.TryWrite(true);
        }
    }

    private void LosePatience()
    {
        lock (_turning)
        {
            _patience?.Cancel();
        }
    }

    private async Task WatchMemoryAsync(ChannelWriter<bool> wake, CancellationToken ct)
    {
        if (stalls is not null)
        {
            var why = await stalls(() =>
            {
                LogStalled();
                wake.TryWrite(true);
                return Task.Delay(s_rest, Time, ct);
            }, ct);
            LogUnwatched(s_period.TotalSeconds, why);
        }
    }

    // False when the watch has ended: with the exception that ended it, if one did.
    private async Task<bool> WaitAsync(ObjectWatch watch, ChannelReader<bool> wakes, CancellationToken ct)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var period = turns.NextDue() is { } due && due < s_period ? due > s_least ? due : s_least : s_period;
        var heard = watch.Events.WaitToReadAsync(waiting.Token).AsTask();
        if (await Task.WhenAny(heard, wakes.WaitToReadAsync(waiting.Token).AsTask(), Task.Delay(period, Time, waiting.Token)) == heard && !await heard)
        {
            await watch.Events.Completion;
            return false;
        }

        await waiting.CancelAsync();
        ct.ThrowIfCancellationRequested();
        wakes.TryRead(out _);
        while (watch.Events.TryRead(out _))
        {
            // What there is now is looked at, not what was then.
        }

        return true;
    }

    private async Task<IReadOnlyList<Lack>> LookAsync(CancellationToken ct)
    {
        await EnsureAsync(store, facts.Name, ct);
        var key = new ObjectKey(Resource, "", facts.Name);
        var before = ApiJson.Read<Node>(store.Get(key)!.Json.Span);
        var conditions = before.Status.Conditions;
        IReadOnlyList<Lack> lacks = [];
        try
        {
            lacks = turns.Lacks();
            conditions = _conditions.Next(conditions, lacks, Time.GetUtcNow(), networkTrouble is null ? null : networkTrouble() ?? "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            // Out of descriptors for a moment: what was known holds until the next look.
            LogUnread(e.Message);
        }

        var stored = await store.UpdateAsync(key, d => NodeDocument.Bring(d, facts, conditions), UpdateOptions.Status, ct);
        foreach (var condition in conditions.Where(c => before.Status.Conditions.FirstOrDefault(b => b.Type == c.Type) is { } was ? was.Status != c.Status : c.Type != "Ready" && c.Status == ConditionStatuses.True))
        {
            var isBad = (condition.Type == "Ready") != (condition.Status == ConditionStatuses.True);
            await _events.TellAsync(stored, isBad ? EventTypes.Warning : EventTypes.Normal, condition.Reason!.Replace("Kubelet", "Node", StringComparison.Ordinal), condition.Message!, ct);
        }

        if (_isClosed is { } was && was != before.Spec.Unschedulable)
        {
            var reason = before.Spec.Unschedulable ? "NodeNotSchedulable" : "NodeSchedulable";
            await _events.TellAsync(stored, EventTypes.Normal, reason, $"Node {facts.Name} status is now: {reason}", ct);
        }

        _isClosed = before.Spec.Unschedulable;
        await TellAsync(stored, lacks, ct);
        return lacks;
    }

    private async Task TellAsync(StoredObject node, IReadOnlyList<Lack> lacks, CancellationToken ct)
    {
        try
        {
            foreach (var resource in lacks.Where(l => l.IsDue).Select(l => l.Signal.Resource()).Distinct())
            {
                await _events.TellAsync(node, EventTypes.Warning, "EvictionThresholdMet", $"Attempting to reclaim {resource}", ct);
            }
        }
        catch (StoreException e) when (e.Error == StoreError.Disk)
        {
            // What lacks is the disk: room is made, told or not.
            LogUntold(e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "what the machine has left could not be read: {Reason}")]
    private partial void LogUnread(string reason);

    [LoggerMessage(3, LogLevel.Warning, "that room is made could not be told: {Reason}")]
    private partial void LogUntold(string reason);

    [LoggerMessage(4, LogLevel.Debug, "tasks wait for memory: it is looked at what is left")]
    private partial void LogStalled();

    [LoggerMessage(2, LogLevel.Information, "the kernel does not tell when memory is short, which is looked at every {Seconds} s: {Reason}")]
    private partial void LogUnwatched(double seconds, string reason);
}

using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Nodes;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Nodes;

/// <summary>Keeps the machine's object true: written when the daemon starts and when something has changed, never for a heartbeat alone.</summary>
internal sealed partial class NodeController(IObjectStore store, NodeFacts facts, DaemonOptions options, TimeProvider time, ILogger<NodeController> logger)
    : StoreFollower("keeping the node's object", time, logger)
{
    /// <summary>Where the object is.</summary>
    public const string Resource = "nodes";

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    private readonly ObjectEvents _events = new(store, options, time);
    private readonly NodeConditions _conditions = new();
    private bool? _isClosed;

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
        while (true)
        {
            await LookAsync(ct);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var heard = watch.Events.WaitToReadAsync(waiting.Token).AsTask();
            if (await Task.WhenAny(heard, Task.Delay(s_period, Time, waiting.Token)) == heard && !await heard)
            {
                // Ends with the exception that ended the watch, if one did.
                await watch.Events.Completion;
                return;
            }

            await waiting.CancelAsync();
            ct.ThrowIfCancellationRequested();
            while (watch.Events.TryRead(out _))
            {
                // What there is now is looked at, not what was then.
            }
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        await EnsureAsync(store, facts.Name, ct);
        var key = new ObjectKey(Resource, "", facts.Name);
        var before = ApiJson.Read<Node>(store.Get(key)!.Json.Span);
        var conditions = before.Status.Conditions;
        try
        {
            conditions = _conditions.Next(conditions, MachineReading.Read(options.Root), Time.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
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
    }

    [LoggerMessage(1, LogLevel.Warning, "what the machine has left could not be read: {Reason}")]
    private partial void LogUnread(string reason);
}

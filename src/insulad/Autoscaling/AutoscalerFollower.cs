using System.Text.Json.Nodes;
using Insula.Api.Autoscaling;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods;
using Insula.Store;
using Insula.Workloads.Autoscaling;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http;
using Microsoft.Extensions.Logging;

namespace Insulad.Autoscaling;

/// <summary>
/// Looks at what the pods of autoscalers' workloads use, every 15 seconds as long as there is an autoscaler, and sets how many there are to be. What is
/// remembered to go slowly is in memory alone: a daemon that is new begins with the numbers that it finds, and so takes nothing away in a hurry.
/// </summary>
internal sealed class AutoscalerFollower(
    IObjectStore store, ObjectWriter writer, IPodService pods, DaemonOptions options, TimeProvider time, ILogger<AutoscalerFollower> logger)
    : StoreFollower("following autoscalers", time, logger)
{
    private const string Resource = "horizontalpodautoscalers.autoscaling";

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(15);

    // The first reading tells nothing: the second comes soon, and no two come sooner.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);

    private readonly ObjectEvents _events = new(store, options, time);
    private readonly Dictionary<string, ScalingHistory> _histories = [];
    private readonly UseReadings _readings = new(pods, time);

    protected override async Task RunAsync(CancellationToken ct)
    {
        using var watch = store.Watch(Resource, null, null);
        var known = new Dictionary<string, long?>();
        while (true)
        {
            var all = store.List(Resource, null).Items;
            var first = !_readings.Any;
            known = all.ToDictionary(a => a.Uid, a => Generation(a));
            foreach (var gone in _histories.Keys.Except(known.Keys).ToList())
            {
                _histories.Remove(gone);
            }

            await LookAsync(all, ct);
            var due = all.Count == 0 ? Timeout.InfiniteTimeSpan : first && _readings.Any ? s_least : s_period;
            await WaitAsync(watch, due, known, ct);
        }
    }

    // Until it is time, or somebody has changed what an autoscaler should do.
    private async Task WaitAsync(ObjectWatch watch, TimeSpan due, Dictionary<string, long?> known, CancellationToken ct)
    {
        await Task.Delay(s_least, Time, ct);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var late = Task.Delay(due == Timeout.InfiniteTimeSpan ? due : due - s_least, Time, waiting.Token);
        var matters = false;
        while (!matters)
        {
            var heard = watch.Events.WaitToReadAsync(waiting.Token).AsTask();
            if (await Task.WhenAny(heard, late) == late)
            {
                ct.ThrowIfCancellationRequested();
                break;
            }

            if (!await heard)
            {
                // Ends with the exception that ended the watch.
                await watch.Events.Completion;
            }

            while (watch.Events.TryRead(out var change))
            {
                matters |= change.Object is not { } item || !known.TryGetValue(item.Uid, out var generation) || generation != Generation(item);
            }
        }

        await waiting.CancelAsync();
    }

    private async Task LookAsync(IReadOnlyList<StoredObject> all, CancellationToken ct)
    {
        var turns = all.Select(stored =>
        {
            var autoscaler = ApiJson.Read<HorizontalPodAutoscaler>(stored.Json.Span);
            var target = ScaleTarget.Find(store, stored.Key.Namespace, autoscaler.Spec.ScaleTargetRef);
            return (Stored: stored, Autoscaler: autoscaler, Target: target, Pods: target.Replicas is null ? [] : PodsOf(stored.Key.Namespace, target));
        }).ToList();
        var use = await _readings.ReadAsync([.. turns.SelectMany(t => t.Pods).DistinctBy(p => p.Metadata.Uid)], ct);
        foreach (var (stored, autoscaler, target, own) in turns)
        {
            var decision = AutoscalerController.Decide(
                autoscaler, target.Replicas, target.Problem, [.. own.Select(p => use[p.Metadata.Uid ?? ""])], _histories.GetValueOrDefault(stored.Uid), Time.GetUtcNow());
            await DoAsync(stored, target, decision, ct);
        }
    }

    private List<Pod> PodsOf(string ns, ScaleTarget target) =>
        [.. store.List("pods", ns).Items.Where(p => target.Selector.Matches(p.Labels)).Select(p => ApiJson.Read<Pod>(p.Json.Span))];

    private async Task DoAsync(StoredObject stored, ScaleTarget target, AutoscalerDecision decision, CancellationToken ct)
    {
        try
        {
            if (decision.Replicas is { } replicas)
            {
                var request = ApiRequest.Internal(target.Strategy!, target.Key.Namespace, target.Key.Name, ct);
                await writer.ReplaceAsync(request, current => Scaled(current, target.Replicas!.Value, replicas));
            }

            // In memory once it is done: what failed is no change.
            _histories[stored.Uid] = decision.History;
            foreach (var note in decision.Notes)
            {
                await _events.TellAsync(stored, note.Type, note.Reason, note.Message, ct);
            }

            await store.PublishAsync(stored, ApiJson.ToJson(decision.Status), ct);
        }
        catch (ApiException e) when (e.Status.Reason is not (StatusReasons.Conflict or StatusReasons.NotFound))
        {
            await _events.TellAsync(stored, EventTypes.Warning, "FailedRescale", $"New size: {decision.Replicas}; error: {e.Message}", ct);
        }
        catch (Exception e) when (e is ApiException or StoreException { Error: StoreError.NotFound or StoreError.Conflict })
        {
            // Gone, or changed by another meanwhile: seen at the next look.
        }
    }

    // Who has set another number meanwhile is not overruled by what was reckoned from the one before.
    private static JsonObject Scaled(JsonObject current, int seen, int replicas)
    {
        var spec = current["spec"]!.AsObject();
        if (((int?)spec["replicas"] ?? 1) == seen)
        {
            spec["replicas"] = replicas;
        }

        return current;
    }

    private static long? Generation(StoredObject item) => (long?)item.ToDocument()["metadata"]?["generation"];
}

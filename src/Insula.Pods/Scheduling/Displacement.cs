using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods.Events;
using Insula.Pods.Eviction;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Scheduling;

/// <summary>Has pods end that must make room: they are deleted as by a request, within their own grace, and say why.</summary>
internal sealed partial class Displacement(IObjectStore store, EventRecorder events, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);
    private static readonly UpdateOptions s_marking = new() { MayUseReserve = true };

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];

    /// <summary>Begins to end a pod; goes on until that is recorded.</summary>
    /// <param name="victim">Who has to go.</param>
    /// <param name="claim">For whom.</param>
    public void Begin(PodClaim victim, PodClaim claim)
    {
        lock (_lock)
        {
            _running.RemoveWhere(t => t.IsCompleted);
            _running.Add(Task.Run(() => RunAsync(victim, claim)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] left;
        lock (_lock)
        {
            left = [.. _running];
        }

        await Task.WhenAll(left);
        _stopping.Dispose();
    }

    private async Task RunAsync(PodClaim victim, PodClaim claim)
    {
        var at = victim.Name.IndexOf('/', StringComparison.Ordinal);
        var key = new ObjectKey("pods", victim.Name[..at], victim.Name[(at + 1)..]);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Failpoint.Hit("pods.displace.ordered");
                var stored = await store.UpdateAsync(key, d => Mark(d, claim), s_marking with { Uid = victim.Uid }, _stopping.Token);
                Failpoint.Hit("pods.displace.marked");
                events.Normal(ApiJson.Read<Pod>(stored.Json.Span), null, "Preempted", $"Preempted by pod {claim.Name}, whose priority is {claim.Priority}");
                return;
            }
            catch (StoreException e) when (e.Error is StoreError.NotFound or StoreError.Conflict)
            {
                return; // it is gone
            }
            catch (StoreException e)
            {
                LogFailed(logger, victim.Name, e.Message);
                await Task.Delay(s_pause, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private JsonObject? Mark(JsonObject document, PodClaim claim)
    {
        if (DeletionMark.IsOn(document))
        {
            return null;
        }

        var grace = (long?)document["spec"]?["terminationGracePeriodSeconds"] ?? 30;
        var now = clock.GetUtcNow();
        DeletionMark.Set(document, now, grace);
        DisruptionCondition.Set(document, "PreemptionByScheduler", $"preempted by pod {claim.Name} to make room for it", now);
        return document;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "pod {Pod} could not be told to make room, which is tried again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string pod, string reason);
}

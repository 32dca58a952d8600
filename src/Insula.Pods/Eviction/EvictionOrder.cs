using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Events;
using Insula.Pods.Lifecycle;
using Insula.Store;

namespace Insula.Pods.Eviction;

/// <summary>Has pods be evicted: that it is to be is on the disk before anything of it happens, and its worker does the rest.</summary>
internal sealed class EvictionOrder(IObjectStore store, EventRecorder events, EvictionTally tally, TimeProvider clock)
{
    private static readonly UpdateOptions s_marking = new() { MayUseReserve = true };

    /// <summary>Orders one.</summary>
    /// <param name="key">The pod.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="signal">What it is for, by a kubelet's name.</param>
    /// <param name="message">Why, for people.</param>
    /// <param name="grace">How long it has at most; null for no longer than for a hard threshold.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="StoreException">It could not be recorded; of a pod that is gone there is nothing to record.</exception>
    public async Task GiveAsync(ObjectKey key, string uid, string signal, string message, TimeSpan? grace, CancellationToken ct)
    {
        try
        {
            var isNews = false;
            Failpoint.MayFail("pods.evict.ordered", () => new StoreException(StoreError.Disk, "failpoint"));
            var stored = await store.UpdateAsync(key, d => (isNews = EvictionMark.Set(d, message, clock.GetUtcNow(), grace)) ? d : null, s_marking with { Uid = uid }, ct);
            Failpoint.Hit("pods.evict.marked");
            if (isNews)
            {
                tally.Add(signal);
                events.Warning(ApiJson.Read<Pod>(stored.Json.Span), null, Reasons.Evicted, message);
            }
        }
        catch (StoreException e) when (e.Error is StoreError.NotFound or StoreError.Conflict)
        {
            // It is gone.
        }
    }

    /// <summary>Has one end at once that was to end within a grace of its own.</summary>
    /// <param name="key">The pod.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="StoreException">It could not be recorded.</exception>
    public async Task HurryAsync(ObjectKey key, string uid, CancellationToken ct)
    {
        try
        {
            await store.UpdateAsync(key, d => EvictionMark.Hurry(d) ? d : null, s_marking with { Uid = uid }, ct);
        }
        catch (StoreException e) when (e.Error is StoreError.NotFound or StoreError.Conflict)
        {
            // It is gone.
        }
    }
}

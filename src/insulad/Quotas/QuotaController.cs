using Insula.Api.Json;
using Insula.Api.Quotas;
using Insula.Store;
using Insulad.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Quotas;

/// <summary>Keeps the statuses of quotas true: what is used is told when it has changed. Nobody decides by them.</summary>
internal sealed class QuotaController(IObjectStore store, QuotaLedger ledger, TimeProvider time, ILogger<QuotaController> logger) : StoreFollower("keeping quotas' statuses", time, logger)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        using var watch = store.Follow(change => change.Object!.Key is { Namespace.Length: > 0, Resource: not "events" });
        var concerned = store.List(QuotaLedger.Resource, null).Items.Select(o => o.Key.Namespace).ToHashSet();
        while (true)
        {
            foreach (var ns in concerned)
            {
                await TellAsync(ns, ct);
            }

            concerned.Clear();
            if (!await watch.Events.WaitToReadAsync(ct))
            {
                // Ends with the exception that ended the watch, if one did.
                await watch.Events.Completion;
                return;
            }

            // Many at once are counted once.
            while (watch.Events.TryRead(out var change))
            {
                if ((change.Object ?? change.Previous)?.Key is { } key)
                {
                    concerned.Add(key.Namespace);
                }
            }
        }
    }

    private async Task TellAsync(string ns, CancellationToken ct)
    {
        foreach (var stored in store.List(QuotaLedger.Resource, ns).Items)
        {
            var quota = ApiJson.Read<ResourceQuota>(stored.Json.Span);
            var status = ApiJson.ToJson(new ResourceQuotaStatus
            {
                Hard = quota.Spec.Hard,
                Used = ledger.UsedOf(quota).ToDictionary(u => u.Key, u => QuotaResources.Quantity(u.Key, u.Value)),
            });
            await store.PublishAsync(stored, status, ct);
        }
    }
}

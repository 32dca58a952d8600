using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Store;

namespace Insulad.Balancers;

/// <summary>Writes what the daemon knows of load balancers into Services.</summary>
internal sealed class BalancerWriter(IObjectStore store)
{
    /// <summary>Notes that a provider may be asked, before it is: whoever comes after knows that something may have to be taken away.</summary>
    public Task IntendAsync(StoredObject item, CancellationToken ct) => store.UpdateAsync(
        item.Key,
        d =>
        {
            var metadata = d["metadata"]!;
            var finalizers = metadata["finalizers"] as JsonArray ?? [];
            if (metadata["deletionTimestamp"] is null && !finalizers.Any(f => f?.ToString() == BalancerDecision.Finalizer))
            {
                metadata["finalizers"] = new JsonArray([.. finalizers.Select(f => f?.DeepClone()), BalancerDecision.Finalizer]);
            }

            return d;
        },
        new UpdateOptions { Uid = item.Uid },
        ct);

    /// <summary>Tells where the load balancer is reached. This is what the kernel is told by, also after a restart: it lasts.</summary>
    public Task TellAsync(StoredObject item, IReadOnlyList<LoadBalancerIngress> ingress, CancellationToken ct) => store.UpdateAsync(
        item.Key,
        d => d["spec"]?["type"]?.ToString() == ServiceTypeNames.LoadBalancer ? WithStatus(d, ingress) : d,
        new UpdateOptions { Uid = item.Uid },
        ct);

    /// <summary>Lets go: the load balancer is gone. A Service that is being deleted goes with its last finalizer.</summary>
    public async Task ReleaseAsync(StoredObject item, CancellationToken ct)
    {
        var metadata = item.ToDocument()["metadata"]!;
        var finalizers = metadata["finalizers"] as JsonArray ?? [];
        if (metadata["deletionTimestamp"] is not null && finalizers.All(f => f?.ToString() == BalancerDecision.Finalizer))
        {
            await store.DeleteAsync(item.Key, new Preconditions(item.Uid, item.ResourceVersion), ct);
            return;
        }

        await store.UpdateAsync(
            item.Key,
            d =>
            {
                var left = (d["metadata"]!["finalizers"] as JsonArray ?? []).Where(f => f?.ToString() != BalancerDecision.Finalizer).Select(f => f?.DeepClone()).ToArray();
                d["metadata"]!.AsObject().Remove("finalizers");
                if (left.Length > 0)
                {
                    d["metadata"]!["finalizers"] = new JsonArray(left);
                }

                return WithStatus(d, []);
            },
            new UpdateOptions { Uid = item.Uid, ResourceVersion = item.ResourceVersion, MayUseReserve = true },
            ct);
    }

    private static JsonObject WithStatus(JsonObject document, IReadOnlyList<LoadBalancerIngress> ingress)
    {
        if (document["status"] is not JsonObject status)
        {
            document["status"] = status = [];
        }

        status["loadBalancer"] = ApiJson.ToJson(new LoadBalancerStatus { Ingress = ingress });
        return document;
    }
}

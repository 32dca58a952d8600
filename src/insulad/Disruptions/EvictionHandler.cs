using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Disruptions;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods.Eviction;
using Insula.Store;
using Insula.Workloads.Disruptions;
using Insula.Workloads.Pods;
using Insulad.Http;
using Insulad.Workloads;

namespace Insulad.Disruptions;

/// <summary>
/// The subresource eviction of pods (policy/v1 Eviction): a deletion that asks the budgets. They are counted from the store, one eviction at a time: the
/// mark of each deletion is seen by the next, so that however many come at once, no more are evicted than may be.
/// </summary>
internal sealed class EvictionHandler(IObjectStore store, DeleteHandler deletions, TimeProvider time) : IDisposable
{
    private static readonly HashSet<string> s_fields = ["kind", "apiVersion", "metadata", "deleteOptions"];

    private readonly SemaphoreSlim _turn = new(1);

    public void Dispose() => _turn.Dispose();

    public async Task EvictAsync(ApiRequest request, JsonObject eviction)
    {
        if ((string?)eviction["kind"] is not (null or "Eviction") || (string?)eviction["apiVersion"] is not (null or "policy/v1"))
        {
            throw ApiException.BadRequest("an Eviction of policy/v1 is expected");
        }

        if (eviction.Select(p => p.Key).FirstOrDefault(k => !s_fields.Contains(k)) is { } unknown)
        {
            throw ApiException.BadRequest($"Eviction: unknown field {Insula.Api.Validation.Quoted.Text(unknown)}");
        }

        if (eviction["metadata"] is JsonObject metadata && metadata["name"] is { } name && name.ToString() != request.Info.Name)
        {
            throw ApiException.BadRequest($"name in URL does not match name in Eviction object: {Insula.Api.Validation.Quoted.Text(name.ToString())}");
        }

        if (eviction["deleteOptions"] is not (null or JsonObject))
        {
            throw ApiException.BadRequest("Eviction: deleteOptions: an object is expected");
        }

        var options = DeleteOptions.Read(request, eviction["deleteOptions"] as JsonObject);
        await _turn.WaitAsync(request.Aborted);
        try
        {
            Judge(request.Key);
            await deletions.DeleteAsync(request, request.Key, options, Say);
        }
        finally
        {
            _turn.Release();
        }

        await Responses.WriteAsync(request.Http, 201, new Status { Outcome = "Success", Code = 201 });
    }

    private void Judge(ObjectKey key)
    {
        var stored = store.Get(key) ?? throw new ApiException(Failures.NotFound(key.Resource, key.Name));
        var budgets = store.List(WorkloadKinds.Budgets, key.Namespace).Items.Select(o => ApiJson.Read<PodDisruptionBudget>(o.Json.Span)).ToList();
        if (budgets.Count == 0)
        {
            return;
        }

        var pods = store.List(WorkloadKinds.Pods, key.Namespace).Items.Select(Read).ToList();
        switch (BudgetController.Judge(Read(stored), budgets, pods, owner => BudgetScale.Of(owner, key.Namespace, store.Get)))
        {
            case { IsForGood: true } never:
                throw new ApiException(Failures.Of(StatusReasons.InternalError, never.Message));
            case { } refusal:
                throw new ApiException(Failures.Of(StatusReasons.TooManyRequests, "Cannot evict pod as it would violate the pod's disruption budget.") with
                {
                    Details = new() { Causes = [new() { Reason = "DisruptionBudget", Message = refusal.Message }] },
                });
        }
    }

    private void Say(JsonObject pod) =>
        DisruptionCondition.Set(pod, "EvictionByEvictionAPI", "Eviction API: evicting", time.GetUtcNow());

    private static WorkloadPod Read(StoredObject stored) => WorkloadPod.Of(ApiJson.Read<Pod>(stored.Json.Span));
}

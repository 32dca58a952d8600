using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Network;
using Insula.Network.Balancers;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insulad.Balancers;

/// <content>What is asked of providers, and what is made of their answers.</content>
internal sealed partial class BalancerController
{
    private async Task EnsureAsync(StoredObject item, Service service, string wanted, Work work, CancellationToken ct)
    {
        var request = BalancerRequest.Of(service, nodeAddresses());
        if (work.Failures == 0 && work.Class == wanted && request.AsksFor(work.Done) && Same(work.Given, service.Status.LoadBalancer.Ingress))
        {
            return;
        }

        if (!service.Metadata.Finalizers.Contains(BalancerDecision.Finalizer))
        {
            await _writer.IntendAsync(item, ct);
            Failpoint.Hit("balancers.intent.recorded");
            if (store.Get(item.Key) is not { } noted || !Read(noted).Metadata.Finalizers.Contains(BalancerDecision.Finalizer))
            {
                // Deleted in this instant: with that change it is looked at again.
                return;
            }

            item = noted;
        }

        var isNew = service.Status.LoadBalancer.Ingress.Count == 0;
        if (isNew && work.Done is null)
        {
            await SayAsync(item, work, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer", ct);
        }

        var answer = await AskAsync(wanted, isNew || work.Done is null, request, ct);
        Failpoint.Hit("balancers.given.untold");
        if (answer is BalancerAnswer.Given given)
        {
            if (!Same(given.Ingress, service.Status.LoadBalancer.Ingress))
            {
                await _writer.TellAsync(item, given.Ingress, ct);
                await SayAsync(item, work, "Normal", isNew ? "EnsuredLoadBalancer" : "UpdatedLoadBalancer", isNew ? "Ensured load balancer" : "Updated load balancer with new addresses or ports", ct);
            }

            if (service.Spec.NeedsHealthCheckPort && !options.HasClusterDns)
            {
                await SayAsync(item, work, "Warning", "HealthCheckNodePortNotServed", "Who would answer at healthCheckNodePort is the cluster DNS's server, which this daemon does without (cluster-dns: none)", ct);
            }

            (work.Class, work.Done, work.Given, work.Failures) = (wanted, request, given.Ingress, 0);
            return;
        }

        // What it had, it has no more: the provider may give it to another.
        if (!isNew)
        {
            await _writer.TellAsync(item, [], ct);
        }

        work.Given = [];
        await SayAsync(item, work, "Warning", "SyncLoadBalancerFailed", $"Error syncing load balancer: {((BalancerAnswer.Refused)answer).Why}", ct);
        Later(item.Key, work, ct);
    }

    /// <summary>A provider that is out of reach takes nothing away from who has something already.</summary>
    private async Task<BalancerAnswer> AskAsync(string wanted, bool first, BalancerRequest request, CancellationToken ct)
    {
        if (!providers.TryGetValue(wanted, out var provider))
        {
            return new BalancerAnswer.Refused($"{wanted} is not configured on this machine");
        }

        try
        {
            return first ? await provider.EnsureAsync(request, ct) : await provider.UpdateAsync(request, ct);
        }
        catch (NetworkException e) when (request.Present.Count == 0)
        {
            return new BalancerAnswer.Refused(e.Message);
        }
    }

    private async Task ReleaseAsync(StoredObject item, Service service, Work work, CancellationToken ct)
    {
        await SayAsync(item, work, "Normal", "DeletingLoadBalancer", "Deleting load balancer", ct);
        try
        {
            // Which of them it was is not asked: the options may have been others then.
            foreach (var provider in providers.Values)
            {
                await provider.DeleteAsync(BalancerRequest.NameOf(service), ct);
            }
        }
        catch (NetworkException e)
        {
            await SayAsync(item, work, "Warning", "SyncLoadBalancerFailed", $"Error syncing load balancer: failed to delete load balancer: {e.Message}", ct);
            Later(item.Key, work, ct);
            return;
        }

        Failpoint.Hit("balancers.gone.untold");
        await _writer.ReleaseAsync(item, ct);
        if (store.Get(item.Key) is { } left)
        {
            await SayAsync(left, work, "Normal", "DeletedLoadBalancer", "Deleted load balancer", ct);
        }

        Forget(item.Key, work);
        Freed();
    }

    /// <summary>Tells an event, unless it was the last that was told of the Service.</summary>
    private async Task SayAsync(StoredObject about, Work work, string type, string reason, string message, CancellationToken ct)
    {
        if (work.Said == (reason, message))
        {
            return;
        }

        await _telling.WaitAsync(ct);
        try
        {
            await _events.TellAsync(about, type, reason, message, ct);
            work.Said = (reason, message);
        }
        catch (StoreException e) when (e.Error is StoreError.Disk)
        {
            // What is to be said waits for room; what is to be done does not wait for that.
            LogUnsaid(reason, e.Message);
        }
        finally
        {
            _telling.Release();
        }
    }

    private static bool Same(IReadOnlyList<LoadBalancerIngress>? one, IReadOnlyList<LoadBalancerIngress> other) => one is not null
        && System.Text.Json.Nodes.JsonNode.DeepEquals(ApiJson.ToJson(new LoadBalancerStatus { Ingress = one }), ApiJson.ToJson(new LoadBalancerStatus { Ingress = other }));

    [LoggerMessage(4, LogLevel.Warning, "the event {Reason} could not be written: {Why}")]
    private partial void LogUnsaid(string reason, string why);
}

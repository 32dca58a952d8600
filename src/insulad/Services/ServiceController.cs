using Insula.Api.Core;
using Insula.Api.Services;
using Insula.Network;
using Insula.Network.Balancers;
using Insula.Network.Dns.Cluster;
using Insula.Network.Services;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Services;

/// <summary>
/// Follows Services and pods, and keeps what leads from the ones to the others: the kernel's maps first, then names, EndpointSlices and
/// Endpoints. Every change is worked on as it comes; nothing is written that is already so.
/// </summary>
internal sealed partial class ServiceController(
    IObjectStore store, IServicePlane? plane, IClusterDns? dns, IHealthPorts? health, Departures departures, DaemonOptions options, TimeProvider time, ILogger<ServiceController> logger) : StoreFollower("following Services", time, logger)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        var index = new ServiceIndex();
        var writer = new EndpointWriter(store, index);
        using var watch = store.Follow(change => ServiceIndex.Resources.Contains(change.Object!.Key.Resource));
        foreach (var item in ServiceIndex.Resources.SelectMany(r => store.List(r, null).Items))
        {
            index.Update(item.Key, item);
        }

        foreach (var name in index.All)
        {
            index.Concern(name);
        }

        await SyncAsync(index, writer, whole: true, ct);
        while (await watch.Events.WaitToReadAsync(ct))
        {
            // What has come together is worked on together.
            while (watch.Events.TryRead(out var change))
            {
                if ((change.Object ?? change.Previous) is { } item)
                {
                    // What is there now, not what was then: our own later writes are known already.
                    index.Update(item.Key, store.Get(item.Key));
                }
            }

            await SyncAsync(index, writer, whole: false, ct);
        }

        // Ends with the exception that ended the watch, if one did.
        await watch.Events.Completion;
    }

    private async Task SyncAsync(ServiceIndex index, EndpointWriter writer, bool whole, CancellationToken ct)
    {
        var concerned = index.TakeConcerned();
        NetworkException? refusal = null;
        try
        {
            await LeadAsync(index, writer, concerned, whole, ct);
        }
        catch (NetworkException e)
        {
            // The objects are right all the same; then everything is begun anew.
            refusal = e;
        }

        if (refusal is null)
        {
            departures.Note(index.TakeLeavers());
        }

        // A name stands for what leads somewhere already, and so does what is said to load balancers.
        TellHealth(index, writer, concerned, whole);
        Name(index, writer, concerned, whole);
        foreach (var name in concerned)
        {
            try
            {
                await writer.WriteAsync(name, ct);
            }
            catch (StoreException e) when (e.Error is StoreError.AlreadyExists or StoreError.Conflict or StoreError.NotFound)
            {
                // Written by somebody else in between; the change is on its way to us, and the Service is looked at again with it.
                LogRace(name.ToString(), e.Message);
            }
        }

        if (refusal is not null)
        {
            throw new NetworkException(refusal.Message, refusal);
        }
    }

    private async Task LeadAsync(ServiceIndex index, EndpointWriter writer, IEnumerable<ServiceName> concerned, bool whole, CancellationToken ct)
    {
        var pods = index.TakeConcernedPods();
        if (plane is null)
        {
            return;
        }

        var changes = new Dictionary<string, IReadOnlyList<FrontendTargets>>();
        if (whole && dns is not null)
        {
            changes["cluster DNS"] = dns.Frontends;
        }

        foreach (var name in concerned)
        {
            changes[$"service {name}"] = index.Find(name) is { } service ? ServiceFrontends.Of(service, writer.Endpoints(name, service), options.NodeName, IsAlone(service)) : [];
        }

        foreach (var name in pods)
        {
            changes[$"pod {name}"] = index.FindPod(name) is { } pod ? ServiceFrontends.Of(pod) : [];
        }

        if (changes.Count > 0 || whole)
        {
            await plane.ApplyAsync(changes, whole, ct);
        }
    }

    private void TellHealth(ServiceIndex index, EndpointWriter writer, IEnumerable<ServiceName> concerned, bool whole)
    {
        var changes = new Dictionary<string, HealthState?>();
        foreach (var name in concerned)
        {
            changes[name.ToString()] = index.Find(name) is { Spec: { NeedsHealthCheckPort: true, HealthCheckNodePort: > 0 and { } port } } service
                ? new(port, name.ToString(), ServiceFrontends.LocalEndpoints(writer.Endpoints(name, service), options.NodeName)) : null;
        }

        if (changes.Count > 0 || whole)
        {
            health?.SetHealth(changes, whole);
        }
    }

    /// <summary>Whether its load balancer's addresses are no others' of the machine.</summary>
    private bool IsAlone(Service service) => options.BalancerOf(service.Spec.LoadBalancerClass) == BalancerClasses.Pool;

    private void Name(ServiceIndex index, EndpointWriter writer, IEnumerable<ServiceName> concerned, bool whole)
    {
        var pods = index.TakeMovedPods();
        if (dns is null)
        {
            return;
        }

        var changes = new Dictionary<string, IReadOnlyList<NamedRecord>>();
        foreach (var name in concerned)
        {
            changes[$"service {name}"] = index.Find(name) is { } service ? ServiceRecords.Of(service, writer.Endpoints(name, service), dns.Domain) : [];
        }

        foreach (var name in pods)
        {
            changes[$"pod {name}"] = index.FindPod(name) is { } pod ? ServiceRecords.Of(pod, dns.Domain) : [];
        }

        if (changes.Count > 0 || whole)
        {
            dns.Set(changes, whole);
        }
    }

    [LoggerMessage(2, LogLevel.Debug, "the endpoints of {Service} were written by somebody else: {Reason}")]
    private partial void LogRace(string service, string reason);
}

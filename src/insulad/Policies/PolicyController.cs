using System.Net;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Network.Services;
using Insula.Pods;
using Insula.Store;
using Insulad.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Policies;

/// <summary>Follows NetworkPolicies, namespaces and pods, and keeps the kernel's rules as they want them. Every change is worked on as it comes.</summary>
internal sealed class PolicyController(IObjectStore store, IPolicyPlane plane, IPAddress? nameServer, TimeProvider time, ILogger<PolicyController> logger) : StoreFollower("following network policies", time, logger)
{
    /// <summary>The resource, as the store names it.</summary>
    public const string Policies = "networkpolicies.networking.k8s.io";
    private const string Namespaces = "namespaces";
    private const string Pods = "pods";

    protected override async Task RunAsync(CancellationToken ct)
    {
        using var watch = store.Follow(change => change.Object!.Key.Resource is Policies or Namespaces or Pods);
        var changes = new PolicyChanges { NameServer = nameServer };
        foreach (var item in ((string[])[Policies, Namespaces, Pods]).SelectMany(r => store.List(r, null).Items))
        {
            Note(changes, item.Key, item);
        }

        await plane.ApplyAsync(changes, whole: true, ct);
        while (await watch.Events.WaitToReadAsync(ct))
        {
            // What has come together is worked on together, as it is now and not as it was then.
            changes = new PolicyChanges();
            while (watch.Events.TryRead(out var change))
            {
                if ((change.Object ?? change.Previous) is { } item)
                {
                    Note(changes, item.Key, store.Get(item.Key));
                }
            }

            if (!changes.IsEmpty)
            {
                await plane.ApplyAsync(changes, whole: false, ct);
            }
        }

        // Ends with the exception that ended the watch, if one did.
        await watch.Events.Completion;
    }

    private static void Note(PolicyChanges changes, ObjectKey key, StoredObject? item)
    {
        switch (key.Resource)
        {
            case Policies:
                changes.Policies[$"{key.Namespace}/{key.Name}"] = item is null ? null : ApiJson.Read<NetworkPolicy>(item.Json.Span);
                break;
            case Namespaces:
                changes.Namespaces[key.Name] = item is null ? null : ApiJson.Read<Namespace>(item.Json.Span).Metadata.Labels;
                break;
            default:
                // That a pod is gone is told by its worker, once it is disconnected.
                if (item is not null && PodFacts.Of(item.ReadPod()) is { } facts)
                {
                    changes.Pods[facts.Uid] = facts;
                }

                break;
        }
    }
}

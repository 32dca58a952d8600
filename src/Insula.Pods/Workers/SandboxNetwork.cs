using System.Net;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Linux;
using Insula.Linux.Kernel;
using Insula.Network.Dns;
using Insula.Network.Policies;
using Insula.Pods.Launch;
using Insula.Pods.Timing;
using Insula.Sandbox;

namespace Insula.Pods.Workers;

/// <summary>
/// The network of a sandbox that is being made, and the files that tell the pod of it. Where it can, it is connected while the sandbox begins, in
/// a namespace that the sandbox takes over.
/// </summary>
internal sealed class SandboxNetwork : IAsyncDisposable
{
    private readonly PodServices _services;
    private readonly PodPlaces _places;
    private readonly Pod _pod;
    private readonly string _id;
    private Descriptor? _namespace;
    private Task<IReadOnlyList<IPAddress>>? _connecting;

    private SandboxNetwork(Pod pod, string id, PodServices services, PodPlaces places) =>
        (_pod, _id, _services, _places) = (pod, id, services, places);

    /// <summary>The namespace for the sandbox to take over; null when it is to make its own, or has the host's.</summary>
    public Descriptor? Namespace => _namespace;

    /// <summary>Begins to connect the sandbox, when that is possible before it is there. The pod's directories are.</summary>
    public static async Task<SandboxNetwork> BeginAsync(Pod pod, string id, PodServices services, PodPlaces places, CancellationToken cancellationToken)
    {
        var network = new SandboxNetwork(pod, id, services, places);

        // What a user namespace of the pod's own is to own, is made by its root.
        if (!pod.Spec.HostNetwork && pod.Spec.HostUsers != false)
        {
            network._namespace = await services.Network.TakeNamespaceAsync();
            if (network._namespace is { } taken)
            {
                network._connecting = network.ConnectAsync(taken, null, cancellationToken);
            }
        }

        return network;
    }

    /// <summary>The sandbox is there: has it connected, unless that has begun, and waits for it.</summary>
    /// <returns>The pod's addresses.</returns>
    public Task<IReadOnlyList<IPAddress>> FinishAsync(PodSandbox sandbox, CancellationToken cancellationToken) =>
        _connecting ??= ConnectAsync(sandbox.NetworkNamespace, sandbox.UserIds, cancellationToken);

    /// <summary>Waits until nothing is done for it any more, so that all of it can be undone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connecting is { } connecting)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // told by FinishAsync, unless something else failed before it
        }

        _namespace?.Dispose();
    }

    private async Task<IReadOnlyList<IPAddress>> ConnectAsync(Descriptor networkNamespace, UserIdRange? users, CancellationToken cancellationToken)
    {
        IReadOnlyList<IPAddress> addresses;
        ResolvConf? names = null;
        using (PodTracing.Step("network"))
        {
            if (_pod.Spec.HostNetwork)
            {
                addresses = _services.Network.HostAddresses;
            }
            else
            {
                var attached = await _services.Network.AttachAsync(_id, NetworkNeeds.Of(_pod, _services.Options), networkNamespace, cancellationToken);
                (addresses, names) = (attached.Addresses, attached.Dns);
                if (!attached.LimitsBandwidth && PodBandwidth.IsLimited(_pod))
                {
                    _services.Events.Warning(_pod, null, "BandwidthNotLimited", $"{PodBandwidth.Ingress} and {PodBandwidth.Egress} are not heeded: the network has no plug-in with the capability bandwidth");
                }
            }

            Failpoint.MayFail("pods.sandbox.attached");
            if (_services.Policies is { } policies && !_pod.Spec.HostNetwork)
            {
                await policies.AdmitAsync(_id, PolicyPod.Of(_pod, addresses), cancellationToken);
                Failpoint.MayFail("pods.sandbox.admitted");
            }
        }

        using (PodTracing.Step("sysctls"))
        {
            await NetworkSysctls.WriteAsync(networkNamespace, PodSysctls.OfNetwork(_pod.Spec, users));
        }

        using var files = PodTracing.Step("files of the pod");
        foreach (var warning in PodFiles.Write(_pod, _places.Directory, addresses, _services.Options, names))
        {
            _services.Events.Warning(_pod, null, "DNSConfigForming", warning);
        }

        Failpoint.MayFail("pods.sandbox.files-written");
        return addresses;
    }
}

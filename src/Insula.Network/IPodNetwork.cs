using System.Net;
using Insula.Linux;
using Insula.Linux.Netlink;

namespace Insula.Network;

/// <summary>
/// Gives sandboxes a link, addresses and routes, and takes them back. What it knows after a restart it reads from the kernel's links, or, where
/// others make them, from its own records. All members may be called from any thread; failures are <see cref="NetworkException"/>.
/// </summary>
public interface IPodNetwork
{
    /// <summary>
    /// The host's addresses as a pod sees them, at most one a family: the status of every pod shows them as <c>hostIPs</c>, that of a
    /// <c>hostNetwork</c> pod also as <c>podIPs</c>. Known after <see cref="StartAsync"/>; never empty then.
    /// </summary>
    IReadOnlyList<IPAddress> HostAddresses { get; }

    /// <summary>Why pods cannot be connected just now; <see langword="null"/> when they can.</summary>
    string? NotReady { get; }

    /// <summary>Is told of a connected sandbox, and of what is not right with its network.</summary>
    Action<string, string>? Troubled { get; set; }

    /// <summary>
    /// Claims the pod range, puts the instance's nftables table in place, switches forwarding on where it is needed and recovers the
    /// allocations from the kernel's links. Running pods keep their connections.
    /// </summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>
    /// A new, empty network namespace for a sandbox that is yet to be made, so that it can be connected meanwhile; it lives as long as its
    /// descriptor, which is the caller's. <see langword="null"/> where a sandbox must be there before it is connected, and makes its own.
    /// </summary>
    Task<Descriptor?> TakeNamespaceAsync();

    /// <summary>
    /// Connects a sandbox: loopback up, <c>eth0</c> with its addresses, routes and neighbours. Idempotent: a sandbox that is already
    /// connected gets the addresses it has; one that was half connected is finished.
    /// </summary>
    /// <param name="sandboxId">The sandbox; printable ASCII without spaces, at most 150 characters.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="networkNamespace">Its network namespace; borrowed for the call.</param>
    /// <param name="cancellationToken">Ends the waiting, not the work begun in the kernel; call <see cref="DetachAsync"/> afterwards.</param>
    Task<PodAddresses> AttachAsync(string sandboxId, NetworkedPod pod, Descriptor networkNamespace, CancellationToken cancellationToken);

    /// <summary>
    /// Disconnects a sandbox. The task completes when its routes are gone and its addresses answer as unreachable; the link's end, for which
    /// the kernel takes tens of milliseconds, follows by itself, and the address is free only when the kernel has confirmed it. Idempotent; an
    /// unknown sandbox is nothing to do. The pod's network namespace need not exist any more.
    /// </summary>
    Task DetachAsync(string sandboxId, CancellationToken cancellationToken);

    /// <summary>Disconnects every sandbox of this instance that is not in the set, and repairs the host's routes of those that are.</summary>
    Task ReconcileAsync(IReadOnlySet<string> liveSandboxes, CancellationToken cancellationToken);

    /// <summary>The addresses of a connected sandbox, <see langword="null"/> when it is not connected.</summary>
    PodAddresses? Find(string sandboxId);

    /// <summary>What the link of each connected sandbox has carried, as the sandbox sees it.</summary>
    Task<IReadOnlyDictionary<string, LinkTraffic>> ReadTrafficAsync();

    /// <summary>
    /// Stops following the host's interfaces. Pods stay connected and the table stays in place, unless <paramref name="remove"/> says that the
    /// instance is to leave nothing: then links, routes and the table go, and the host's settings get their old values back.
    /// </summary>
    Task StopAsync(bool remove, CancellationToken cancellationToken);
}

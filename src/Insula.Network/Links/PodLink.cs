using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Insula.Linux;
using Insula.Linux.Netlink;

namespace Insula.Network.Links;

/// <summary>
/// A pod's routed link. Both ends know each other's Ethernet address for good, so that nobody ever asks for one; the pod's gateway is a
/// link-local address that no interface needs to have.
/// </summary>
internal static class PodLink
{
    /// <summary>Who made our routes (RTPROT_*), a number the kernel leaves to programs.</summary>
    public const byte Protocol = 83;

    // The answers of one datagram must fit into the socket's receive buffer.
    private const int MaxBatch = 64;

    /// <summary>The link's name inside the pod.</summary>
    public const string PodName = "eth0";

    public static readonly IPAddress Gateway = IPAddress.Parse("169.254.1.1");
    public static readonly IPAddress GatewayV6 = IPAddress.Parse("fe80::1");

    private static readonly KeyValuePair<ushort, uint>[] _hostSettings =
    [
        new(rtnetlink.IPV4_DEVCONF_FORWARDING, 1),
        new(rtnetlink.IPV4_DEVCONF_RP_FILTER, 1),
        new(rtnetlink.IPV4_DEVCONF_ACCEPT_REDIRECTS, 0),
        new(rtnetlink.IPV4_DEVCONF_SEND_REDIRECTS, 0),
        new(rtnetlink.IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, 0),
        new(rtnetlink.IPV4_DEVCONF_ROUTE_LOCALNET, 0),
    ];

    /// <summary>Creates the pair. The alias comes with the second message: a link of ours without one is half made and of no use.</summary>
    /// <exception cref="NetlinkException">EEXIST when the pod's namespace has an eth0 already, among others.</exception>
    public static void Create(RouteSocket host, string name, LinkAlias alias, Descriptor podNamespace, int mtu)
    {
        MacAddress mac = MacAddress.Random();
        RouteBatch batch = new();
        batch.AddVeth(new VethOptions
        {
            Name = name,
            Mac = mac,
            PeerName = PodName,
            PeerMac = mac.Sibling(),
            PeerNamespace = podNamespace,
            Mtu = mtu,
        });
        batch.SetUp(name, alias.ToString(), _hostSettings, noIPv6Address: true);
        host.Execute(batch);
    }

    /// <summary>Gives both ends addresses, routes and neighbours. May be repeated.</summary>
    /// <param name="host">The host's socket.</param>
    /// <param name="pod">A socket of the pod's namespace.</param>
    /// <param name="name">The host's end.</param>
    /// <param name="addresses">The pod's addresses.</param>
    /// <param name="hostAddresses">The host's addresses in the pod ranges, of the same families.</param>
    /// <returns>False when the pod's end is not in its namespace or the host's end is gone.</returns>
    public static bool Configure(
        RouteSocket host, RouteSocket pod, string name, IReadOnlyList<IPAddress> addresses, IReadOnlyList<IPAddress> hostAddresses)
    {
        LinkInfo? near = host.FindLink(name);
        LinkInfo? far = pod.FindLink(PodName);
        if (near is null || far is null || far.Mac != near.Mac.Sibling())
        {
            return false;
        }

        // The pod's end goes up last: the end that completes the carrier may send at once, the other only when the kernel's link watch
        // has run, and it is the pod that speaks first.
        RouteBatch batch = new();
        batch.SetUp("lo").SetUp(PodName, noIPv6Address: true);
        foreach (IPAddress address in addresses)
        {
            bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
            IPAddress gateway = v6 ? GatewayV6 : Gateway;
            batch.AddAddress(far.Index, address, null, Errno.EEXIST);
            batch.ReplaceNeighbour(far.Index, gateway, near.Mac);
            batch.ReplaceRoute(new IPNetwork(v6 ? IPAddress.IPv6Any : IPAddress.Any, 0), far.Index, gateway, null, Protocol);
        }

        pod.Execute(batch);
        Failpoint.MayFail("network.attach.pod-side-configured");

        // The host's route comes last of all: by it a later daemon knows that the pod's side was finished.
        host.Execute(HostSide(near, addresses, hostAddresses));
        return true;
    }

    /// <summary>The host's neighbours and routes for a pod.</summary>
    public static RouteBatch HostSide(LinkInfo near, IReadOnlyList<IPAddress> addresses, IReadOnlyList<IPAddress> hostAddresses)
    {
        RouteBatch batch = new();
        for (int i = 0; i < addresses.Count; i++)
        {
            batch.ReplaceNeighbour(near.Index, addresses[i], near.Mac.Sibling());
            batch.ReplaceRoute(Own(addresses[i]), near.Index, null, hostAddresses[i], Protocol);
        }

        return batch;
    }

    /// <summary>Takes the routes away: from now on the addresses are unreachable rather than silent.</summary>
    public static void Disconnect(RouteSocket host, IReadOnlyList<IPAddress> addresses)
    {
        RouteBatch batch = new();
        foreach (IPAddress address in addresses)
        {
            batch.DeleteRoute(Own(address), Protocol, Errno.ESRCH, Errno.ENODEV);
        }

        host.Execute(batch);
    }

    /// <summary>
    /// Removes links, and comes back when the kernel has confirmed that they are gone: tens of milliseconds, for many hardly more than for
    /// one. A link may be gone already, with its pod's namespace.
    /// </summary>
    public static void Delete(RouteSocket host, IReadOnlyList<string> names)
    {
        if (names.Count == 1)
        {
            host.Execute(new RouteBatch().DeleteLink(names[0], Errno.ENODEV));
            return;
        }

        // A number of the moment, so that nobody else's group is hit.
        uint group = (uint)RandomNumberGenerator.GetInt32(1 << 24, int.MaxValue);
        foreach (string[] some in names.Chunk(MaxBatch))
        {
            RouteBatch batch = new();
            foreach (string name in some)
            {
                batch.SetGroup(name, group, Errno.ENODEV);
            }

            host.Execute(batch);
        }

        if (names.Count > 0)
        {
            host.Execute(new RouteBatch().DeleteGroup(group, Errno.ENODEV));
        }
    }

    /// <summary>The network of one address.</summary>
    public static IPNetwork Own(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
}

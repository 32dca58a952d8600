using System.Net;
using System.Net.Sockets;

namespace Insula.Linux.Netlink;

/// <summary>
/// Changes of links, addresses, routes and neighbours that go to the kernel in one datagram (<see cref="RouteSocket.Execute"/>), in the order
/// they are added. Each names the errors that count as success. Links are named by name or by number.
/// </summary>
public sealed class RouteBatch
{
    private const ushort Create = netlink.NLM_F_ACK | netlink.NLM_F_CREATE;

    /// <summary>The encoded messages.</summary>
    public NetlinkWriter Writer { get; } = new();

    /// <summary>RTM_NEWLINK: creates a veth pair. It may not be up from the start: the kernel connects the two only afterwards.</summary>
    public RouteBatch AddVeth(VethOptions options, params Errno[] tolerated)
    {
        ArgumentNullException.ThrowIfNull(options);
        Writer.Begin(rtnetlink.RTM_NEWLINK, Create | netlink.NLM_F_EXCL, $"create veth {options.Name}", tolerated);
        Writer.Put(new IfInfoMessage());
        PutEnd(options.Name, options.Mac, options.Mtu);
        int info = Writer.BeginNested(rtnetlink.IFLA_LINKINFO);
        Writer.AttributeString(rtnetlink.IFLA_INFO_KIND, "veth");
        int data = Writer.BeginNested(rtnetlink.IFLA_INFO_DATA);
        int peer = Writer.BeginNested(rtnetlink.VETH_INFO_PEER);
        Writer.Put(new IfInfoMessage());
        PutEnd(options.PeerName, options.PeerMac, options.Mtu);
        Writer.AttributeUInt32(rtnetlink.IFLA_NET_NS_FD, (uint)options.PeerNamespace.Value);
        Writer.EndNested(peer);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return this;
    }

    /// <summary>RTM_NEWLINK on a link that exists: switches it on, and sets what is given.</summary>
    /// <param name="name">The link's name.</param>
    /// <param name="alias">IFLA_IFALIAS, at most 255 bytes.</param>
    /// <param name="inet">IPV4_DEVCONF_* → value, the link's <c>net.ipv4.conf</c> settings.</param>
    /// <param name="noIPv6Address">Whether the link is to make itself no link-local IPv6 address, whose duplicate detection would be waited for.</param>
    public RouteBatch SetUp(string name, string? alias = null, IReadOnlyList<KeyValuePair<ushort, uint>>? inet = null, bool noIPv6Address = false)
    {
        Writer.Begin(rtnetlink.RTM_NEWLINK, netlink.NLM_F_ACK, $"set link {name} up");
        Writer.Put(new IfInfoMessage { Flags = rtnetlink.IFF_UP, Change = rtnetlink.IFF_UP });
        Writer.AttributeString(rtnetlink.IFLA_IFNAME, name);
        if (alias is not null)
        {
            Writer.AttributeString(rtnetlink.IFLA_IFALIAS, alias);
        }

        if (inet is not null || noIPv6Address)
        {
            int families = Writer.BeginNested(rtnetlink.IFLA_AF_SPEC);
            if (inet is not null)
            {
                PutInet(inet);
            }

            if (noIPv6Address)
            {
                int family = Writer.BeginNested(rtnetlink.AF_INET6);
                Writer.AttributeByte(rtnetlink.IFLA_INET6_ADDR_GEN_MODE, rtnetlink.IN6_ADDR_GEN_MODE_NONE);
                Writer.EndNested(family);
            }

            Writer.EndNested(families);
        }

        return this;
    }

    /// <summary>RTM_DELLINK: the answer comes when the link, and with it its other end, is gone.</summary>
    public RouteBatch DeleteLink(string name, params Errno[] tolerated)
    {
        Writer.Begin(rtnetlink.RTM_DELLINK, netlink.NLM_F_ACK, $"delete link {name}", tolerated);
        Writer.Put(new IfInfoMessage());
        Writer.AttributeString(rtnetlink.IFLA_IFNAME, name);
        return this;
    }

    /// <summary>RTM_NEWLINK on a link that exists: puts it into a group (IFLA_GROUP).</summary>
    public RouteBatch SetGroup(string name, uint group, params Errno[] tolerated)
    {
        Writer.Begin(rtnetlink.RTM_NEWLINK, netlink.NLM_F_ACK, $"set group of link {name}", tolerated);
        Writer.Put(new IfInfoMessage());
        Writer.AttributeString(rtnetlink.IFLA_IFNAME, name);
        Writer.AttributeUInt32(rtnetlink.IFLA_GROUP, group);
        return this;
    }

    /// <summary>RTM_DELLINK of every link of a group; the kernel waits once for all of them. ENODEV when it is empty.</summary>
    public RouteBatch DeleteGroup(uint group, params Errno[] tolerated)
    {
        Writer.Begin(rtnetlink.RTM_DELLINK, netlink.NLM_F_ACK, $"delete the links of group {group}", tolerated);
        Writer.Put(new IfInfoMessage());
        Writer.AttributeUInt32(rtnetlink.IFLA_GROUP, group);
        return this;
    }

    /// <summary>RTM_NEWADDR: an address of its own (/32 or /128), without a route of its prefix and without duplicate detection.</summary>
    /// <param name="index">The link's number.</param>
    /// <param name="address">The address.</param>
    /// <param name="label">IFA_LABEL, at most 15 characters; IPv4 only.</param>
    /// <param name="tolerated">Errors that count as success.</param>
    public RouteBatch AddAddress(int index, IPAddress address, string? label, params Errno[] tolerated)
    {
        byte[] bytes = Bytes(address);
        bool v6 = bytes.Length == 16;
        Writer.Begin(rtnetlink.RTM_NEWADDR, Create | netlink.NLM_F_EXCL, $"add address {address} to link {index}", tolerated);
        PutAddress(index, bytes);
        Writer.AttributeUInt32(rtnetlink.IFA_FLAGS, rtnetlink.IFA_F_NOPREFIXROUTE | (v6 ? rtnetlink.IFA_F_NODAD : 0));
        if (label is not null && !v6)
        {
            Writer.AttributeString(rtnetlink.IFA_LABEL, label);
        }

        return this;
    }

    /// <summary>
    /// RTM_NEWADDR: an IPv6 address of its own (/128) that the host answers at and that none of its own connections bears: deprecated from the
    /// beginning (RFC 4862, 5.5.4), and for ever.
    /// </summary>
    /// <param name="index">The link's number.</param>
    /// <param name="address">The address.</param>
    /// <param name="metric">IFA_RT_PRIORITY, which without a route of its prefix is but a mark.</param>
    /// <param name="tolerated">Errors that count as success.</param>
    public RouteBatch AddDeprecatedAddress(int index, IPAddress address, uint metric, params Errno[] tolerated)
    {
        AddAddress(index, address, null, tolerated);
        Writer.AttributeUInt32(rtnetlink.IFA_RT_PRIORITY, metric);

        // struct ifa_cacheinfo: seconds it is preferred and valid, and two times that only the kernel sets.
        Span<byte> lifetimes = stackalloc byte[16];
        lifetimes.Clear();
        lifetimes[4..8].Fill(0xff);
        Writer.Attribute(rtnetlink.IFA_CACHEINFO, lifetimes);
        return this;
    }

    /// <summary>RTM_DELADDR of an address added by <see cref="AddAddress"/>.</summary>
    public RouteBatch DeleteAddress(int index, IPAddress address, params Errno[] tolerated)
    {
        Writer.Begin(rtnetlink.RTM_DELADDR, netlink.NLM_F_ACK, $"delete address {address} of link {index}", tolerated);
        PutAddress(index, Bytes(address));
        return this;
    }

    /// <summary>RTM_NEWROUTE with NLM_F_REPLACE: a route to a network over a link, in the main table.</summary>
    /// <param name="destination">The network.</param>
    /// <param name="index">The link's number.</param>
    /// <param name="gateway">The next hop, taken to be on the link whatever the routes say (RTNH_F_ONLINK); <see langword="null"/>: the network is on the link.</param>
    /// <param name="preferredSource">The address that this host's own packets bear.</param>
    /// <param name="protocol">Who makes it (RTPROT_*).</param>
    public RouteBatch ReplaceRoute(IPNetwork destination, int index, IPAddress? gateway, IPAddress? preferredSource, byte protocol)
    {
        string via = gateway is null ? "" : $" via {gateway}";
        Writer.Begin(rtnetlink.RTM_NEWROUTE, Create | netlink.NLM_F_REPLACE, $"add route {destination}{via} on link {index}");
        byte scope = gateway is null && destination.BaseAddress.AddressFamily == AddressFamily.InterNetwork
            ? rtnetlink.RT_SCOPE_LINK : rtnetlink.RT_SCOPE_UNIVERSE;
        PutRoute(destination, rtnetlink.RTN_UNICAST, protocol, scope, gateway is null ? 0 : rtnetlink.RTNH_F_ONLINK);
        Writer.AttributeUInt32(rtnetlink.RTA_OIF, (uint)index);
        if (gateway is not null)
        {
            Writer.Attribute(rtnetlink.RTA_GATEWAY, Bytes(gateway));
        }

        if (preferredSource is not null)
        {
            Writer.Attribute(rtnetlink.RTA_PREFSRC, Bytes(preferredSource));
        }

        return this;
    }

    /// <summary>RTM_NEWROUTE: packets to the network are answered with "unreachable" instead of taking the default route.</summary>
    public RouteBatch AddUnreachable(IPNetwork destination, byte protocol, params Errno[] tolerated)
    {
        Writer.Begin(rtnetlink.RTM_NEWROUTE, Create | netlink.NLM_F_EXCL, $"add unreachable route {destination}", tolerated);
        PutRoute(destination, rtnetlink.RTN_UNREACHABLE, protocol, rtnetlink.RT_SCOPE_UNIVERSE, 0);
        return this;
    }

    /// <summary>RTM_NEWROUTE: packets to the network end on this host, as if its addresses were the host's own. No program can bind to them all the same.</summary>
    /// <param name="destination">The network.</param>
    /// <param name="index">The loopback link's number.</param>
    /// <param name="preferredSource">The address that this host's own packets bear; without it they would bear their destination's.</param>
    /// <param name="protocol">Who makes it (RTPROT_*).</param>
    /// <param name="tolerated">Errors that count as success.</param>
    public RouteBatch AddLocal(IPNetwork destination, int index, IPAddress preferredSource, byte protocol, params Errno[] tolerated)
    {
        Writer.Begin(rtnetlink.RTM_NEWROUTE, Create | netlink.NLM_F_EXCL, $"add local route {destination}", tolerated);
        PutRoute(destination, rtnetlink.RTN_LOCAL, protocol, rtnetlink.RT_SCOPE_HOST, 0);
        Writer.AttributeUInt32(rtnetlink.RTA_OIF, (uint)index);
        Writer.Attribute(rtnetlink.RTA_PREFSRC, Bytes(preferredSource));
        return this;
    }

    /// <summary>RTM_DELROUTE of a route to exactly this network with this protocol, of any type.</summary>
    public RouteBatch DeleteRoute(IPNetwork destination, byte protocol, params Errno[] tolerated)
    {
        Writer.Begin(rtnetlink.RTM_DELROUTE, netlink.NLM_F_ACK, $"delete route {destination}", tolerated);
        PutRoute(destination, 0, protocol, rtnetlink.RT_SCOPE_NOWHERE, 0);
        return this;
    }

    /// <summary>RTM_NEWNEIGH: an address whose Ethernet address need not be asked for, ever (NUD_PERMANENT).</summary>
    public RouteBatch ReplaceNeighbour(int index, IPAddress address, MacAddress mac)
    {
        byte[] bytes = Bytes(address);
        Writer.Begin(rtnetlink.RTM_NEWNEIGH, Create | netlink.NLM_F_REPLACE, $"add neighbour {address} on link {index}");
        Writer.Put(new NeighbourMessage { Family = Family(bytes), Index = index, State = rtnetlink.NUD_PERMANENT });
        Writer.Attribute(rtnetlink.NDA_DST, bytes);
        Writer.Attribute(rtnetlink.NDA_LLADDR, mac.ToBytes());
        return this;
    }

    private static byte Family(byte[] address) => address.Length == 4 ? rtnetlink.AF_INET : rtnetlink.AF_INET6;

    private static byte[] Bytes(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.GetAddressBytes();
    }

    private void PutEnd(string name, MacAddress mac, int mtu)
    {
        Writer.AttributeString(rtnetlink.IFLA_IFNAME, name);
        Writer.Attribute(rtnetlink.IFLA_ADDRESS, mac.ToBytes());
        Writer.AttributeUInt32(rtnetlink.IFLA_MTU, (uint)mtu);

        // A queue for every processor costs memory and sysfs entries; a pod's link does without.
        Writer.AttributeUInt32(rtnetlink.IFLA_NUM_TX_QUEUES, 1);
        Writer.AttributeUInt32(rtnetlink.IFLA_NUM_RX_QUEUES, 1);
    }

    private void PutInet(IReadOnlyList<KeyValuePair<ushort, uint>> settings)
    {
        int family = Writer.BeginNested(rtnetlink.AF_INET);
        int conf = Writer.BeginNested(rtnetlink.IFLA_INET_CONF);
        foreach ((ushort setting, uint value) in settings)
        {
            Writer.AttributeUInt32(setting, value);
        }

        Writer.EndNested(conf);
        Writer.EndNested(family);
    }

    private void PutAddress(int index, byte[] bytes)
    {
        Writer.Put(new IfAddressMessage { Family = Family(bytes), PrefixLength = (byte)(bytes.Length * 8), Index = (uint)index });
        Writer.Attribute(rtnetlink.IFA_LOCAL, bytes);
        Writer.Attribute(rtnetlink.IFA_ADDRESS, bytes);
    }

    private void PutRoute(IPNetwork destination, byte type, byte protocol, byte scope, uint flags)
    {
        byte[] bytes = destination.BaseAddress.GetAddressBytes();
        Writer.Put(new RouteMessage
        {
            Family = Family(bytes),
            DestinationLength = (byte)destination.PrefixLength,
            Table = rtnetlink.RT_TABLE_MAIN,
            Protocol = protocol,
            Scope = scope,
            Type = type,
            Flags = flags,
        });
        if (destination.PrefixLength > 0)
        {
            Writer.Attribute(rtnetlink.RTA_DST, bytes);
        }
    }
}

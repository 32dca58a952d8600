using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Insula.Linux.Netlink;

/// <summary>rtnetlink(7) in one network namespace: that of the thread which opened it.</summary>
public sealed class RouteSocket : IDisposable
{
    private readonly NetlinkSocket _socket;

    private RouteSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static RouteSocket Open() => new(NetlinkSocket.Open(netlink.NETLINK_ROUTE));

    /// <summary>Sends the changes and waits for the kernel's answers.</summary>
    /// <exception cref="NetlinkException">One was refused; those after it were done all the same.</exception>
    public void Execute(RouteBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _socket.Execute(batch.Writer);
    }

    /// <summary>As <see cref="Execute"/>, returning the refusal.</summary>
    public NetlinkException? TryExecute(RouteBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _socket.TryExecute(batch.Writer);
    }

    /// <summary>One link by its name; <see langword="null"/> when there is none.</summary>
    public LinkInfo? FindLink(string name) => FindLink(0, name);

    /// <summary>One link by its number; <see langword="null"/> when there is none.</summary>
    public LinkInfo? FindLink(int index) => FindLink(index, null);

    /// <summary>All links.</summary>
    public IReadOnlyList<LinkInfo> GetLinks()
    {
        NetlinkWriter request = new();
        request.Begin(rtnetlink.RTM_GETLINK, netlink.NLM_F_DUMP, "list links");
        request.Put(new IfInfoMessage());
        request.AttributeUInt32(rtnetlink.IFLA_EXT_MASK, rtnetlink.RTEXT_FILTER_SKIP_STATS);
        return _socket.Query(request, dump: true, ReadLink);
    }

    /// <summary>What all links have carried, by their names.</summary>
    public IReadOnlyDictionary<string, LinkTraffic> GetTraffic()
    {
        NetlinkWriter request = new();
        request.Begin(rtnetlink.RTM_GETLINK, netlink.NLM_F_DUMP, "list links with their counters");
        request.Put(new IfInfoMessage());
        return _socket.Query(request, dump: true, ReadTraffic).ToDictionary(link => link.Name, link => link.Traffic);
    }

    /// <summary>All addresses of a family.</summary>
    /// <param name="family">AF_INET, AF_INET6, or AF_UNSPEC for both.</param>
    public IReadOnlyList<AddressInfo> GetAddresses(byte family)
    {
        NetlinkWriter request = new();
        request.Begin(rtnetlink.RTM_GETADDR, netlink.NLM_F_DUMP, "list addresses");
        request.Put(new IfAddressMessage { Family = family });
        return _socket.Query(request, dump: true, ReadAddress);
    }

    /// <summary>All routes of a family, in every table.</summary>
    /// <param name="family">AF_INET or AF_INET6.</param>
    public IReadOnlyList<RouteInfo> GetRoutes(byte family)
    {
        NetlinkWriter request = new();
        request.Begin(rtnetlink.RTM_GETROUTE, netlink.NLM_F_DUMP, "list routes");
        request.Put(new RouteMessage { Family = family });
        return _socket.Query(request, dump: true, ReadRoute);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private LinkInfo? FindLink(int index, string? name)
    {
        NetlinkWriter request = new();
        request.Begin(rtnetlink.RTM_GETLINK, 0, $"get link {name ?? $"number {index}"}");
        request.Put(new IfInfoMessage { Index = index });
        if (name is not null)
        {
            request.AttributeString(rtnetlink.IFLA_IFNAME, name);
        }

        request.AttributeUInt32(rtnetlink.IFLA_EXT_MASK, rtnetlink.RTEXT_FILTER_SKIP_STATS);
        try
        {
            return _socket.Query(request, dump: false, ReadLink) is [var link, ..] ? link : null;
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENODEV)
        {
            return null;
        }
    }

    private static LinkInfo? ReadLink(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != rtnetlink.RTM_NEWLINK)
        {
            return null;
        }

        IfInfoMessage header = MemoryMarshal.Read<IfInfoMessage>(payload);
        NetlinkAttributes attributes = new(payload[Unsafe.SizeOf<IfInfoMessage>()..]);
        string name = "";
        string? alias = null;
        string? kind = null;
        MacAddress mac = default;
        int mtu = 0;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case rtnetlink.IFLA_IFNAME:
                    name = attributes.String;
                    break;
                case rtnetlink.IFLA_IFALIAS:
                    alias = attributes.String;
                    break;
                case rtnetlink.IFLA_ADDRESS:
                    mac = MacAddress.From(attributes.Value);
                    break;
                case rtnetlink.IFLA_MTU:
                    mtu = (int)attributes.UInt32;
                    break;
                case rtnetlink.IFLA_LINKINFO:
                    NetlinkAttributes info = attributes.Nested;
                    while (info.Next())
                    {
                        kind = info.Type == rtnetlink.IFLA_INFO_KIND ? info.String : kind;
                    }

                    break;
                default:
                    break;
            }
        }

        return new LinkInfo(header.Index, name, alias, kind, mac, header.Flags, mtu);
    }

    private static NamedTraffic? ReadTraffic(ushort type, ReadOnlySpan<byte> payload)
    {
        NetlinkAttributes attributes = new(payload[Unsafe.SizeOf<IfInfoMessage>()..]);
        string name = "";
        LinkTraffic? traffic = null;
        while (attributes.Next())
        {
            if (attributes.Type == rtnetlink.IFLA_IFNAME)
            {
                name = attributes.String;
            }
            else if (attributes.Type == rtnetlink.IFLA_STATS64)
            {
                traffic = LinkTraffic.From(attributes.Value);
            }
        }

        return type == rtnetlink.RTM_NEWLINK && traffic is not null ? new NamedTraffic(name, traffic) : null;
    }

    private static AddressInfo? ReadAddress(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != rtnetlink.RTM_NEWADDR)
        {
            return null;
        }

        IfAddressMessage header = MemoryMarshal.Read<IfAddressMessage>(payload);
        NetlinkAttributes attributes = new(payload[Unsafe.SizeOf<IfAddressMessage>()..]);
        IPAddress? address = null;
        bool local = false;
        string? label = null;
        uint metric = 0;
        while (attributes.Next())
        {
            if (attributes.Type == rtnetlink.IFA_LOCAL || (attributes.Type == rtnetlink.IFA_ADDRESS && !local))
            {
                // Of a point-to-point link IFA_ADDRESS is the other side's.
                address = new IPAddress(attributes.Value);
                local = attributes.Type == rtnetlink.IFA_LOCAL;
            }
            else if (attributes.Type == rtnetlink.IFA_LABEL)
            {
                label = attributes.String;
            }
            else if (attributes.Type == rtnetlink.IFA_RT_PRIORITY)
            {
                metric = attributes.UInt32;
            }
        }

        return address is null ? null : new AddressInfo((int)header.Index, address, header.PrefixLength, header.Scope, label, metric);
    }

    private static RouteInfo? ReadRoute(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != rtnetlink.RTM_NEWROUTE)
        {
            return null;
        }

        RouteMessage header = MemoryMarshal.Read<RouteMessage>(payload);
        NetlinkAttributes attributes = new(payload[Unsafe.SizeOf<RouteMessage>()..]);
        IPAddress destination = header.Family == rtnetlink.AF_INET ? IPAddress.Any : IPAddress.IPv6Any;
        IPAddress? source = null;
        uint table = header.Table;
        uint priority = 0;
        int output = 0;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case rtnetlink.RTA_DST:
                    destination = new IPAddress(attributes.Value);
                    break;
                case rtnetlink.RTA_OIF:
                    output = (int)attributes.UInt32;
                    break;
                case rtnetlink.RTA_PREFSRC:
                    source = new IPAddress(attributes.Value);
                    break;
                case rtnetlink.RTA_PRIORITY:
                    priority = attributes.UInt32;
                    break;
                case rtnetlink.RTA_TABLE:
                    table = attributes.UInt32;
                    break;
                default:
                    break;
            }
        }

        return new RouteInfo(new IPNetwork(destination, header.DestinationLength), header.Type, header.Protocol, table, output, source, priority);
    }

    private sealed record NamedTraffic(string Name, LinkTraffic Traffic);
}

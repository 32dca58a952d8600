using System.Net;
using System.Net.Sockets;

namespace Insula.Linux.Netlink;

/// <summary>Connection tracking (ctnetlink) in the network namespace of the thread that opened it.</summary>
public sealed partial class ConntrackSocket : IDisposable
{
    // struct nfgenmsg: family, version, resource id.
    private const int HeaderLength = 4;
    private readonly NetlinkSocket _socket;

    private ConntrackSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static ConntrackSocket Open() => new(NetlinkSocket.Open(netlink.NETLINK_NETFILTER));

    /// <summary>Deletes every connection that this address began, or that was made to it, under whatever address it was asked for.</summary>
    /// <exception cref="NetlinkException">The kernel refused, for example for want of nf_conntrack_netlink.</exception>
    public void DeleteAllOf(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        byte family = FamilyOf(address);
        if (family == rtnetlink.AF_INET6)
        {
            // Its filter takes the IPv6 addresses that are not asked for (nf_conntrack_netlink, at least up to Linux 6.18).
            DeleteListed(family, address);
            return;
        }

        NetlinkWriter delete = new();
        foreach (ushort tuple in (ushort[])[nfnetlink.CTA_TUPLE_ORIG, nfnetlink.CTA_TUPLE_REPLY])
        {
            Begin(delete, nfnetlink.IPCTNL_MSG_CT_DELETE, netlink.NLM_F_ACK, family, $"delete connections of {address}", Errno.ENOENT);
            From(delete, address, tuple);
        }

        try
        {
            // By a filter the kernel passes over the empty places of its table, which are most: to list them takes ten milliseconds and more.
            _socket.Execute(delete);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EINVAL)
        {
            // Of an older kernel, which reads the filter's address as a connection's name, and an incomplete one.
            DeleteListed(family, address);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // The answers of one datagram must fit into the socket's receive buffer.
    private const int MaxBatch = 64;

    private sealed record Entry(byte[] Tuple, byte[] Id, byte[]? Zone);

    private static void Begin(NetlinkWriter writer, int message, ushort flags, byte family, string description, params Errno[] tolerated)
    {
        writer.Begin(nfnetlink.ConntrackType(message), flags, description, tolerated);
        writer.Put((uint)family);
    }

    private static byte FamilyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? rtnetlink.AF_INET : rtnetlink.AF_INET6;

    private void DeleteListed(byte family, IPAddress address)
    {
        for (int count = MaxBatch; count == MaxBatch;)
        {
            NetlinkWriter delete = new();
            foreach (Flow flow in FindAll(family).Where(f => f.Begun.Equals(address) || f.Answering.Address.Equals(address)).Take(MaxBatch))
            {
                Delete(delete, family, flow);
            }

            _socket.Execute(delete);
            count = delete.Requests.Count;
        }
    }

    private static void Delete(NetlinkWriter delete, byte family, Flow flow)
    {
        // The id keeps a connection apart that took the same tuple after this one ran out.
        Begin(delete, nfnetlink.IPCTNL_MSG_CT_DELETE, netlink.NLM_F_ACK, family, $"delete connections to {flow.Destination}", Errno.ENOENT);
        delete.Attribute(nfnetlink.CTA_TUPLE_ORIG | netlink.NLA_F_NESTED, flow.Entry.Tuple);
        delete.Attribute(nfnetlink.CTA_ID, flow.Entry.Id);
        if (flow.Entry.Zone is not null)
        {
            delete.Attribute(nfnetlink.CTA_ZONE, flow.Entry.Zone);
        }
    }

    private IReadOnlyList<Flow> FindAll(byte family)
    {
        NetlinkWriter request = new();
        Begin(request, nfnetlink.IPCTNL_MSG_CT_GET, netlink.NLM_F_DUMP, family, "list connections");
        return _socket.Query(request, dump: true, ReadFlow);
    }

    /// <summary>A filter: connections whose packets of one direction come from an IPv4 address.</summary>
    private static void From(NetlinkWriter request, IPAddress address, ushort tuple)
    {
        int outer = request.BeginNested(tuple);
        int inner = request.BeginNested(nfnetlink.CTA_TUPLE_IP);
        request.Attribute(nfnetlink.CTA_IP_V4_SRC, address.GetAddressBytes());
        request.EndNested(inner);
        request.EndNested(outer);
        int filter = request.BeginNested(nfnetlink.CTA_FILTER);
        request.AttributeUInt32(nfnetlink.CTA_FILTER_ORIG_FLAGS, tuple == nfnetlink.CTA_TUPLE_ORIG ? nfnetlink.CTA_FILTER_F_CTA_IP_SRC : 0);
        request.AttributeUInt32(nfnetlink.CTA_FILTER_REPLY_FLAGS, tuple == nfnetlink.CTA_TUPLE_REPLY ? nfnetlink.CTA_FILTER_F_CTA_IP_SRC : 0);
        request.EndNested(filter);
    }

    private static Entry? Read(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != nfnetlink.ConntrackType(nfnetlink.IPCTNL_MSG_CT_NEW) || payload.Length < HeaderLength)
        {
            return null;
        }

        byte[]? tuple = null;
        byte[]? id = null;
        byte[]? zone = null;
        NetlinkAttributes attributes = new(payload[HeaderLength..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case nfnetlink.CTA_TUPLE_ORIG:
                    tuple = attributes.Value.ToArray();
                    break;
                case nfnetlink.CTA_ID:
                    id = attributes.Value.ToArray();
                    break;
                case nfnetlink.CTA_ZONE:
                    zone = attributes.Value.ToArray();
                    break;
                default:
                    break;
            }
        }

        return tuple is not null && id is not null ? new Entry(tuple, id, zone) : null;
    }
}

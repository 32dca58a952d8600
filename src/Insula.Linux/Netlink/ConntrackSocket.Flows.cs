using System.Net;

namespace Insula.Linux.Netlink;

public sealed partial class ConntrackSocket
{
    /// <summary>
    /// Deletes the IPv4 connections of a protocol that were made to a port, and whose other end is not what it should be. Of a UDP flow nobody
    /// says when it is over: a client that goes on sending would for ever reach what its first packet reached.
    /// </summary>
    /// <param name="protocol">IPPROTO_UDP, for example.</param>
    /// <param name="address">The address they were made to; <see langword="null"/>: any.</param>
    /// <param name="port">The port they were made to.</param>
    /// <param name="keep">Whether to keep one, by the address it was made to, and by the address and port that answer.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="NetlinkException">The kernel refused, for example for want of nf_conntrack_netlink.</exception>
    public int DeleteTo(byte protocol, IPAddress? address, ushort port, Func<IPAddress, IPEndPoint, bool> keep)
    {
        ArgumentNullException.ThrowIfNull(keep);
        for (int deleted = 0; ;)
        {
            NetlinkWriter delete = new();
            foreach (Flow flow in FindTo(protocol, address, port).Where(f => !keep(f.Destination.Address, f.Answering)).Take(MaxBatch))
            {
                // The id keeps a connection apart that took the same tuple after this one ran out.
                Begin(delete, nfnetlink.IPCTNL_MSG_CT_DELETE, netlink.NLM_F_ACK, rtnetlink.AF_INET, $"delete connections to {flow.Destination}", Errno.ENOENT);
                delete.Attribute(nfnetlink.CTA_TUPLE_ORIG | netlink.NLA_F_NESTED, flow.Entry.Tuple);
                delete.Attribute(nfnetlink.CTA_ID, flow.Entry.Id);
                if (flow.Entry.Zone is not null)
                {
                    delete.Attribute(nfnetlink.CTA_ZONE, flow.Entry.Zone);
                }
            }

            _socket.Execute(delete);
            deleted += delete.Requests.Count;
            if (delete.Requests.Count < MaxBatch)
            {
                return deleted;
            }
        }
    }

    private sealed record Flow(Entry Entry, IPEndPoint Destination, IPEndPoint Answering);

    private IReadOnlyList<Flow> FindTo(byte protocol, IPAddress? address, ushort port)
    {
        NetlinkWriter request = new();
        Begin(request, nfnetlink.IPCTNL_MSG_CT_GET, netlink.NLM_F_DUMP, rtnetlink.AF_INET, $"list connections to port {port}");
        int outer = request.BeginNested(nfnetlink.CTA_TUPLE_ORIG);
        int inner = request.BeginNested(nfnetlink.CTA_TUPLE_IP);
        request.Attribute(nfnetlink.CTA_IP_V4_DST, (address ?? IPAddress.Any).GetAddressBytes());
        request.EndNested(inner);
        inner = request.BeginNested(nfnetlink.CTA_TUPLE_PROTO);
        request.AttributeByte(nfnetlink.CTA_PROTO_NUM, protocol);
        request.Attribute(nfnetlink.CTA_PROTO_DST_PORT, [(byte)(port >> 8), (byte)port]);
        request.EndNested(inner);
        request.EndNested(outer);
        int filter = request.BeginNested(nfnetlink.CTA_FILTER);
        request.AttributeUInt32(
            nfnetlink.CTA_FILTER_ORIG_FLAGS,
            nfnetlink.CTA_FILTER_F_CTA_PROTO_NUM | nfnetlink.CTA_FILTER_F_CTA_PROTO_DST_PORT | (address is null ? 0 : nfnetlink.CTA_FILTER_F_CTA_IP_DST));
        request.AttributeUInt32(nfnetlink.CTA_FILTER_REPLY_FLAGS, 0);
        request.EndNested(filter);
        return _socket.Query(request, dump: true, ReadFlow);
    }

    private static Flow? ReadFlow(ushort type, ReadOnlySpan<byte> payload)
    {
        if (Read(type, payload) is not { } entry)
        {
            return null;
        }

        IPEndPoint? destination = null;
        IPEndPoint? answering = null;
        NetlinkAttributes attributes = new(payload[HeaderLength..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case nfnetlink.CTA_TUPLE_ORIG:
                    destination = End(attributes.Nested, nfnetlink.CTA_IP_V4_DST, nfnetlink.CTA_PROTO_DST_PORT);
                    break;
                case nfnetlink.CTA_TUPLE_REPLY:
                    answering = End(attributes.Nested, nfnetlink.CTA_IP_V4_SRC, nfnetlink.CTA_PROTO_SRC_PORT);
                    break;
                default:
                    break;
            }
        }

        return destination is not null && answering is not null ? new Flow(entry, destination, answering) : null;
    }

    /// <summary>One end of an IPv4 tuple; <see langword="null"/> when it has none.</summary>
    internal static IPEndPoint? End(NetlinkAttributes tuple, ushort addressType, ushort portType)
    {
        IPAddress? address = null;
        int? port = null;
        while (tuple.Next())
        {
            NetlinkAttributes inner = tuple.Nested;
            while (inner.Next())
            {
                if (tuple.Type == nfnetlink.CTA_TUPLE_IP && inner.Type == addressType && inner.Value.Length == 4)
                {
                    address = new IPAddress(inner.Value);
                }
                else if (tuple.Type == nfnetlink.CTA_TUPLE_PROTO && inner.Type == portType && inner.Value.Length == 2)
                {
                    port = (inner.Value[0] << 8) | inner.Value[1];
                }
            }
        }

        return address is not null && port is { } known ? new IPEndPoint(address, known) : null;
    }
}

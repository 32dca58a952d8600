using System.Net;

namespace Insula.Linux.Netlink;

public sealed partial class ConntrackSocket
{
    /// <summary>
    /// Deletes the connections of a protocol that were made to a port, and whose other end is not what it should be. Of a UDP flow nobody
    /// says when it is over: a client that goes on sending would for ever reach what its first packet reached.
    /// </summary>
    /// <param name="protocol">IPPROTO_UDP, for example.</param>
    /// <param name="address">The address they were made to; 0.0.0.0 or ::, any of that family.</param>
    /// <param name="port">The port they were made to.</param>
    /// <param name="keep">Whether to keep one, by the address it was made to, and by the address and port that answer.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="NetlinkException">The kernel refused, for example for want of nf_conntrack_netlink.</exception>
    public int DeleteTo(byte protocol, IPAddress address, ushort port, Func<IPAddress, IPEndPoint, bool> keep)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(keep);
        byte family = FamilyOf(address);
        for (int deleted = 0; ;)
        {
            NetlinkWriter delete = new();
            foreach (Flow flow in FindTo(protocol, address, port).Where(f => !keep(f.Destination.Address, f.Answering)).Take(MaxBatch))
            {
                Delete(delete, family, flow);
            }

            _socket.Execute(delete);
            deleted += delete.Requests.Count;
            if (delete.Requests.Count < MaxBatch)
            {
                return deleted;
            }
        }
    }

    /// <summary>A connection: who began it, where it was made to, and who answers it.</summary>
    private sealed record Flow(Entry Entry, byte Protocol, IPAddress Begun, IPEndPoint Destination, IPEndPoint Answering);

    private IEnumerable<Flow> FindTo(byte protocol, IPAddress address, ushort port)
    {
        bool any = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        NetlinkWriter request = new();
        Begin(request, nfnetlink.IPCTNL_MSG_CT_GET, netlink.NLM_F_DUMP, FamilyOf(address), $"list connections to port {port}");
        int outer = request.BeginNested(nfnetlink.CTA_TUPLE_ORIG);
        int inner = request.BeginNested(nfnetlink.CTA_TUPLE_IP);
        request.Attribute(FamilyOf(address) == rtnetlink.AF_INET ? nfnetlink.CTA_IP_V4_DST : nfnetlink.CTA_IP_V6_DST, address.GetAddressBytes());
        request.EndNested(inner);
        inner = request.BeginNested(nfnetlink.CTA_TUPLE_PROTO);
        request.AttributeByte(nfnetlink.CTA_PROTO_NUM, protocol);
        request.Attribute(nfnetlink.CTA_PROTO_DST_PORT, [(byte)(port >> 8), (byte)port]);
        request.EndNested(inner);
        request.EndNested(outer);
        int filter = request.BeginNested(nfnetlink.CTA_FILTER);
        request.AttributeUInt32(
            nfnetlink.CTA_FILTER_ORIG_FLAGS,
            nfnetlink.CTA_FILTER_F_CTA_PROTO_NUM | nfnetlink.CTA_FILTER_F_CTA_PROTO_DST_PORT
            | (any || FamilyOf(address) == rtnetlink.AF_INET6 ? 0 : nfnetlink.CTA_FILTER_F_CTA_IP_DST));
        request.AttributeUInt32(nfnetlink.CTA_FILTER_REPLY_FLAGS, 0);
        request.EndNested(filter);

        // The filter saves most of the work, and is not believed: older kernels pass it over, and with IPv6 addresses it is wrong (see DeleteAllOf).
        return _socket.Query(request, dump: true, ReadFlow)
            .Where(f => f.Protocol == protocol && f.Destination.Port == port && (any || f.Destination.Address.Equals(address)));
    }

    private static Flow? ReadFlow(ushort type, ReadOnlySpan<byte> payload)
    {
        if (Read(type, payload) is not { } entry)
        {
            return null;
        }

        byte? protocol = null;
        IPEndPoint? source = null;
        IPEndPoint? destination = null;
        IPEndPoint? answering = null;
        NetlinkAttributes attributes = new(payload[HeaderLength..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case nfnetlink.CTA_TUPLE_ORIG:
                    protocol = ProtocolOf(attributes.Nested);
                    source = End(attributes.Nested, nfnetlink.CTA_IP_V4_SRC, nfnetlink.CTA_IP_V6_SRC, nfnetlink.CTA_PROTO_SRC_PORT);
                    destination = End(attributes.Nested, nfnetlink.CTA_IP_V4_DST, nfnetlink.CTA_IP_V6_DST, nfnetlink.CTA_PROTO_DST_PORT);
                    break;
                case nfnetlink.CTA_TUPLE_REPLY:
                    answering = End(attributes.Nested, nfnetlink.CTA_IP_V4_SRC, nfnetlink.CTA_IP_V6_SRC, nfnetlink.CTA_PROTO_SRC_PORT);
                    break;
                default:
                    break;
            }
        }

        return protocol is { } known && source is not null && destination is not null && answering is not null
            ? new Flow(entry, known, source.Address, destination, answering) : null;
    }

    private static byte? ProtocolOf(NetlinkAttributes tuple)
    {
        while (tuple.Next())
        {
            NetlinkAttributes inner = tuple.Nested;
            while (inner.Next())
            {
                if (tuple.Type == nfnetlink.CTA_TUPLE_PROTO && inner.Type == nfnetlink.CTA_PROTO_NUM && inner.Value.Length == 1)
                {
                    return inner.Value[0];
                }
            }
        }

        return null;
    }

    /// <summary>One end of a tuple, with port 0 where the protocol has none; <see langword="null"/> when it has no address.</summary>
    internal static IPEndPoint? End(NetlinkAttributes tuple, ushort v4Type, ushort v6Type, ushort portType)
    {
        IPAddress? address = null;
        int port = 0;
        while (tuple.Next())
        {
            NetlinkAttributes inner = tuple.Nested;
            while (inner.Next())
            {
                if (tuple.Type == nfnetlink.CTA_TUPLE_IP && ((inner.Type == v4Type && inner.Value.Length == 4) || (inner.Type == v6Type && inner.Value.Length == 16)))
                {
                    address = new IPAddress(inner.Value);
                }
                else if (tuple.Type == nfnetlink.CTA_TUPLE_PROTO && inner.Type == portType && inner.Value.Length == 2)
                {
                    port = (inner.Value[0] << 8) | inner.Value[1];
                }
            }
        }

        return address is null ? null : new IPEndPoint(address, port);
    }
}

using System.Buffers.Binary;

namespace Insula.Linux.Netlink;

/// <summary>Walks the messages of a received datagram. Broken lengths are an error.</summary>
public ref struct NetlinkMessages
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Walks this datagram.</summary>
    public NetlinkMessages(ReadOnlySpan<byte> datagram)
    {
        _rest = datagram;
        Payload = default;
        Type = 0;
        Flags = 0;
        Sequence = 0;
        Port = 0;
    }

    /// <summary>nlmsg_type of the current message.</summary>
    public ushort Type { get; private set; }

    /// <summary>nlmsg_flags of the current message.</summary>
    public ushort Flags { get; private set; }

    /// <summary>nlmsg_seq of the current message.</summary>
    public uint Sequence { get; private set; }

    /// <summary>nlmsg_pid of the current message: in a notification, the socket that asked for the change.</summary>
    public uint Port { get; private set; }

    /// <summary>What follows the current message's header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Goes to the next message; false at the end.</summary>
    /// <exception cref="InvalidDataException">A message is shorter than its header or longer than the rest.</exception>
    public bool Next()
    {
        if (_rest.Length < netlink.NLMSG_HDRLEN)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (length < netlink.NLMSG_HDRLEN || length > _rest.Length)
        {
            throw new InvalidDataException($"netlink: a message claims {length} bytes of {_rest.Length}");
        }

        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
        Flags = BinaryPrimitives.ReadUInt16LittleEndian(_rest[6..]);
        Sequence = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        Port = BinaryPrimitives.ReadUInt32LittleEndian(_rest[12..]);
        Payload = _rest[netlink.NLMSG_HDRLEN..(int)length];
        _rest = _rest[Math.Min(netlink.Align((int)length), _rest.Length)..];
        return true;
    }

    /// <summary>
    /// Reads the current message as an acknowledgement (NLMSG_ERROR, or the result at the end of a dump): a positive errno, 0 for success,
    /// and the kernel's own words.
    /// </summary>
    public readonly (int Errno, string? Message) ReadError()
    {
        if (Payload.Length < 4)
        {
            return (0, null);
        }

        int errno = -BinaryPrimitives.ReadInt32LittleEndian(Payload);
        if ((Flags & netlink.NLM_F_ACK_TLVS) == 0)
        {
            return (errno, null);
        }

        int offset = 4;
        if (Type == netlink.NLMSG_ERROR)
        {
            // The request's header follows, and its body too unless the kernel cut it off.
            int request = Payload.Length >= 8 ? BinaryPrimitives.ReadInt32LittleEndian(Payload[4..]) : 0;
            offset += (Flags & netlink.NLM_F_CAPPED) != 0 ? netlink.NLMSG_HDRLEN : netlink.Align(request);
        }

        if (offset > Payload.Length || offset < 0)
        {
            return (errno, null);
        }

        NetlinkAttributes attributes = new(Payload[offset..]);
        while (attributes.Next())
        {
            if (attributes.Type == netlink.NLMSGERR_ATTR_MSG)
            {
                return (errno, attributes.String);
            }
        }

        return (errno, null);
    }
}

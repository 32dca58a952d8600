using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Insula.Linux.Netlink;

/// <summary>
/// Encodes one or more netlink messages into one datagram. The kernel works through them in order and answers each; a failed one does not
/// stop the next. Not thread-safe.
/// </summary>
public sealed class NetlinkWriter
{
    private readonly List<NetlinkRequest> _requests = [];
    private byte[] _buffer = new byte[1024];
    private int _length;
    private int _message = -1;

    /// <summary>The messages begun so far, in order.</summary>
    public IReadOnlyList<NetlinkRequest> Requests => _requests;

    /// <summary>How many bytes there are so far.</summary>
    public int Length => _length;

    /// <summary>Begins a message, ending the one before.</summary>
    /// <param name="type">nlmsg_type.</param>
    /// <param name="flags">nlmsg_flags; NLM_F_REQUEST is added.</param>
    /// <param name="description">What it asks for, for people.</param>
    /// <param name="tolerated">Errors that count as success, such as EEXIST where the thing may be there already.</param>
    public void Begin(ushort type, ushort flags, string description, params Errno[] tolerated)
    {
        EndMessage();
        _message = _length;
        _requests.Add(new NetlinkRequest(_message, description, tolerated));
        Span<byte> header = Reserve(netlink.NLMSG_HDRLEN);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)(flags | netlink.NLM_F_REQUEST));
    }

    /// <summary>Appends the family's fixed header, or a part of it, in host byte order as the struct lies in memory.</summary>
    public void Put<T>(in T value)
        where T : unmanaged => MemoryMarshal.Write(Reserve(Unsafe.SizeOf<T>()), in value);

    /// <summary>Appends an attribute.</summary>
    public void Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        int length = netlink.NLA_HDRLEN + value.Length;
        if (length > ushort.MaxValue)
        {
            throw new ArgumentException($"a netlink attribute holds at most {ushort.MaxValue - netlink.NLA_HDRLEN} bytes", nameof(value));
        }

        Span<byte> attribute = Reserve(netlink.Align(length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)length);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute[2..], type);
        value.CopyTo(attribute[netlink.NLA_HDRLEN..]);
    }

    /// <summary>Appends an attribute of one byte.</summary>
    public void AttributeByte(ushort type, byte value) => Attribute(type, [value]);

    /// <summary>Appends a 32-bit attribute in host byte order.</summary>
    public void AttributeUInt32(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, in value);
        Attribute(type, bytes);
    }

    /// <summary>Appends a 32-bit attribute in network byte order, as netfilter has its numbers.</summary>
    public void AttributeBigEndian(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>Appends a 64-bit attribute in network byte order.</summary>
    public void AttributeBigEndian(ushort type, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>Adds flags to the current message.</summary>
    public void AddFlags(ushort flags)
    {
        Span<byte> at = _buffer.AsSpan(_message + 6);
        BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(at) | flags));
    }

    /// <summary>Appends a text attribute with its terminator.</summary>
    public void AttributeString(ushort type, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(value) + 1];
        Encoding.UTF8.GetBytes(value, bytes);
        Attribute(type, bytes);
    }

    /// <summary>Begins an attribute that holds attributes.</summary>
    /// <returns>What <see cref="EndNested"/> wants.</returns>
    public int BeginNested(ushort type)
    {
        int start = _length;
        Span<byte> attribute = Reserve(netlink.NLA_HDRLEN);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute[2..], (ushort)(type | netlink.NLA_F_NESTED));
        return start;
    }

    /// <summary>Ends the attribute begun by <see cref="BeginNested"/>.</summary>
    public void EndNested(int start)
    {
        int length = _length - start;
        if (length > ushort.MaxValue)
        {
            throw new InvalidOperationException($"a nested netlink attribute of {length} bytes is too long");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(start), (ushort)length);
    }

    /// <summary>Numbers the messages from <paramref name="firstSequence"/> on and returns the whole datagram. It is valid until the next change.</summary>
    public ReadOnlySpan<byte> Finish(uint firstSequence)
    {
        EndMessage();
        for (int i = 0; i < _requests.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_requests[i].Offset + 8), firstSequence + (uint)i);
        }

        return _buffer.AsSpan(0, _length);
    }

    private void EndMessage()
    {
        if (_message >= 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_message), (uint)(_length - _message));
            Reserve(netlink.Align(_length) - _length);
            _message = -1;
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_length + count > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        Span<byte> span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Insula.Linux.Netlink;

/// <summary>Walks the attributes of a message: <c>while (attributes.Next()) { … attributes.Type, attributes.Value … }</c>. Broken lengths are an error.</summary>
public ref struct NetlinkAttributes
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Walks these bytes.</summary>
    public NetlinkAttributes(ReadOnlySpan<byte> bytes)
    {
        _rest = bytes;
        Value = default;
        Type = 0;
    }

    /// <summary>The current attribute's type, without the nesting and byte order bits.</summary>
    public ushort Type { get; private set; }

    /// <summary>The current attribute's value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value as a 32-bit number in host byte order.</summary>
    public readonly uint UInt32 => MemoryMarshal.Read<uint>(Value);

    /// <summary>The value as text, without its terminator.</summary>
    public readonly string String
    {
        get
        {
            int end = Value.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
        }
    }

    /// <summary>The attributes inside the current one.</summary>
    public readonly NetlinkAttributes Nested => new(Value);

    /// <summary>Goes to the next attribute; false at the end.</summary>
    /// <exception cref="InvalidDataException">An attribute is shorter than its header or longer than the rest.</exception>
    public bool Next()
    {
        if (_rest.Length < netlink.NLA_HDRLEN)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        if (length < netlink.NLA_HDRLEN || length > _rest.Length)
        {
            throw new InvalidDataException($"netlink: an attribute claims {length} bytes of {_rest.Length}");
        }

        Type = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) & netlink.NLA_TYPE_MASK);
        Value = _rest[netlink.NLA_HDRLEN..length];
        _rest = _rest[Math.Min(netlink.Align(length), _rest.Length)..];
        return true;
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Insula.Linux.Netlink;

namespace Insula.Network.Policies;

/// <summary>An element of a set: an address, or a port at an address.</summary>
/// <param name="Address">The address.</param>
/// <param name="Protocol">The transport protocol's number; 0 when this is an address alone.</param>
/// <param name="Port">The port.</param>
internal readonly record struct PolicyElement(IPAddress Address, byte Protocol = 0, ushort Port = 0)
{
    /// <summary>Whether the address is an IPv6 one. Each family has sets of its own.</summary>
    public bool V6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    private bool HasPort => Protocol != 0;

    /// <summary>Bytes of an address.</summary>
    public static int AddressLength(bool v6) => v6 ? 16 : 4;

    /// <summary>Bytes of an element. Each part begins at a multiple of four.</summary>
    public static int Length(bool v6, bool withPort) => AddressLength(v6) + (withPort ? 8 : 0);

    /// <summary>The type of a set of such elements.</summary>
    public static NftSetType Type(bool v6, bool withPort)
    {
        uint address = v6 ? NftSetType.AddressV6 : NftSetType.Address;
        return new(withPort ? [address, NftSetType.Protocol, NftSetType.Service] : [address], Length(v6, withPort));
    }

    /// <summary>The element as the kernel has it.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length(V6, HasPort)];
        Address.TryWriteBytes(bytes, out int written);
        if (HasPort)
        {
            bytes[written] = Protocol;
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(written + 4), Port);
        }

        return bytes;
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>struct sockaddr_in or sockaddr_in6.</summary>
[InlineArray(MaxLength)]
internal struct SocketAddress
{
    /// <summary>The bytes of the longer one.</summary>
    public const int MaxLength = 28;

    private byte _first;

    /// <summary>Its bytes.</summary>
    public readonly int Length => Family == sys_socket.AF_INET6 ? MaxLength : 16;

    /// <summary>AF_INET or AF_INET6.</summary>
    public readonly int Family => BitConverter.ToUInt16(this[..2]);

    /// <summary>The address without its port, for counting who asks. Of IPv6 the network's half: a host has many.</summary>
    public readonly ulong Host => Family != sys_socket.AF_INET6 ? BinaryPrimitives.ReadUInt32BigEndian(this[4..8])
        : this[8..20].SequenceEqual(Mapped) ? BinaryPrimitives.ReadUInt32BigEndian(this[20..24])
        : BinaryPrimitives.ReadUInt64BigEndian(this[8..16]);

    // Who comes by IPv4 to a socket of both families.
    private static ReadOnlySpan<byte> Mapped => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>The address of an end.</summary>
    public static SocketAddress Of(IPEndPoint end)
    {
        var made = default(SocketAddress);
        var isV6 = end.AddressFamily == AddressFamily.InterNetworkV6;
        BitConverter.TryWriteBytes(made[..2], (ushort)(isV6 ? sys_socket.AF_INET6 : sys_socket.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(made[2..4], (ushort)end.Port);
        end.Address.TryWriteBytes(isV6 ? made[8..24] : made[4..8], out _);
        if (isV6)
        {
            BitConverter.TryWriteBytes(made[24..], (uint)end.Address.ScopeId);
        }

        return made;
    }
}

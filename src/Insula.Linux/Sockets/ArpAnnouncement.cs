using System.Net;
using Insula.Linux.LibC;
using Insula.Linux.Netlink;

namespace Insula.Linux.Sockets;

/// <summary>ARP announcements (RFC 5227, 2.3): tell all neighbours on a link at which Ethernet address an IPv4 address is now.</summary>
public static unsafe class ArpAnnouncement
{
    private const ushort ETH_P_ARP = 0x0806;
    private const int Length = 28;
    private const int AddressLength = 20;

    /// <summary>Sends one on a link, in the calling thread's network namespace, as a request and as a reply: some listen to the one, some to the other.</summary>
    /// <param name="index">The link's number.</param>
    /// <param name="mac">Its Ethernet address.</param>
    /// <param name="address">The IPv4 address.</param>
    /// <exception cref="LinuxException">The link is down, among others.</exception>
    public static void Send(int index, MacAddress mac, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        using var socket = Descriptor.FromResult(
            sys_socket.socket(sys_socket.AF_PACKET, sys_socket.SOCK_DGRAM | sys_socket.SOCK_CLOEXEC, 0), "socket AF_PACKET");

        // struct sockaddr_ll: family, protocol, link, hardware type, packet type, length and bytes of the broadcast address.
        var to = stackalloc byte[AddressLength];
        new Span<byte>(to, AddressLength).Clear();
        *(ushort*)to = sys_socket.AF_PACKET;
        (to[2], to[3]) = (ETH_P_ARP >> 8, ETH_P_ARP & 0xff);
        *(int*)(to + 4) = index;
        to[11] = 6;
        new Span<byte>(to + 12, 6).Fill(0xff);
        foreach (var operation in (ReadOnlySpan<byte>)[1, 2])
        {
            var packet = Write(operation, mac, address);
            fixed (byte* bytes = packet)
            {
                var vector = new sys_socket.iovec { iov_base = bytes, iov_len = Length };
                var message = new sys_socket.msghdr { msg_name = to, msg_namelen = AddressLength, msg_iov = &vector, msg_iovlen = 1 };
                if (sys_socket.sendmsg(socket, &message, sys_socket.MSG_DONTWAIT) != Length)
                {
                    throw LinuxException.FromLastError("send an ARP announcement", address.ToString());
                }
            }
        }
    }

    /// <summary>The packet: sender and target are the same address.</summary>
    internal static byte[] Write(byte operation, MacAddress mac, IPAddress address)
    {
        var packet = new byte[Length];
        ReadOnlySpan<byte> header = [0, 1, 8, 0, 6, 4, 0, operation];
        header.CopyTo(packet);
        var own = mac.ToBytes();
        var ip = address.GetAddressBytes();
        own.CopyTo(packet.AsSpan(8));
        ip.CopyTo(packet.AsSpan(14));

        // A request asks nobody in particular; a reply is to its own sender.
        (operation == 2 ? own : new byte[6]).CopyTo(packet.AsSpan(18));
        ip.CopyTo(packet.AsSpan(24));
        return packet;
    }
}

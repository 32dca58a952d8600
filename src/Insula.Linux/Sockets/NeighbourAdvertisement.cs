using System.Net;
using System.Net.Sockets;
using Insula.Linux.Netlink;

namespace Insula.Linux.Sockets;

/// <summary>Unsolicited neighbour advertisements (RFC 4861, 4.4 and 7.2.6): tell all neighbours on a link at which Ethernet address an IPv6 address is now.</summary>
public static class NeighbourAdvertisement
{
    private const byte NeighbourAdvert = 136;
    private const byte Override = 0x20;
    private const byte TargetLinkLayerAddress = 2;
    private static readonly IPAddress _allNodes = IPAddress.Parse("ff02::1");

    /// <summary>Sends one on a link, in the calling thread's network namespace.</summary>
    /// <param name="index">The link's number.</param>
    /// <param name="mac">Its Ethernet address.</param>
    /// <param name="address">The IPv6 address.</param>
    /// <exception cref="LinuxException">The link is down, among others.</exception>
    public static void Send(int index, MacAddress mac, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);

            // Whoever receives one with less knows that it was forwarded, and passes it over.
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
            socket.SendTo(Write(mac, address), new IPEndPoint(new IPAddress(_allNodes.GetAddressBytes(), index), 0));
        }
        catch (SocketException e)
        {
            throw new LinuxException("send a neighbour advertisement", address.ToString(), (Errno)e.NativeErrorCode);
        }
    }

    /// <summary>The message. The kernel puts in the checksum (RFC 3542, 3.1).</summary>
    internal static byte[] Write(MacAddress mac, IPAddress address) =>
    [
        NeighbourAdvert, 0, 0, 0, Override, 0, 0, 0, .. address.GetAddressBytes(),

        // The option's length counts eights of bytes.
        TargetLinkLayerAddress, 1, .. mac.ToBytes(),
    ];
}

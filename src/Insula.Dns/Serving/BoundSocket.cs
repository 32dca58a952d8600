using System.Net;
using System.Runtime.InteropServices;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>Makes the sockets of a server. They outlive it: the next one goes on with what has come to them.</summary>
public static unsafe class BoundSocket
{
    private const int Backlog = 128;

    /// <summary>A UDP socket at an IPv4 address, and a port that the kernel chooses.</summary>
    /// <exception cref="LinuxException">The address is none of this machine's.</exception>
    public static Descriptor Datagrams(IPAddress address) => Bind(address, sys_socket.SOCK_DGRAM);

    /// <summary>A listening TCP socket at an IPv4 address, and a port that the kernel chooses.</summary>
    /// <exception cref="LinuxException">The address is none of this machine's.</exception>
    public static Descriptor Streams(IPAddress address)
    {
        var socket = Bind(address, sys_socket.SOCK_STREAM);
        if (sys_socket.listen(socket, Backlog) != 0)
        {
            socket.Dispose();
            throw LinuxException.FromLastError("listen");
        }

        return socket;
    }

    /// <summary>
    /// A TCP socket at a port of all addresses that does not listen yet: so it gets no connections as long as another one, of a server
    /// that is there already, does.
    /// </summary>
    /// <exception cref="LinuxException">EADDRINUSE: another program has it.</exception>
    public static Descriptor Shared(int port)
    {
        const int type = sys_socket.SOCK_STREAM | sys_socket.SOCK_NONBLOCK | sys_socket.SOCK_CLOEXEC;
        var number = sys_socket.socket(sys_socket.AF_INET6, type, 0);

        // A kernel that was started without IPv6.
        var isV6 = number >= 0 || Marshal.GetLastPInvokeError() != (int)Errno.EAFNOSUPPORT;
        var socket = Descriptor.FromResult(isV6 ? number : sys_socket.socket(sys_socket.AF_INET, type, 0), "socket");
        var (yes, no) = (1, 0);
        var at = SocketAddress.Of(new(isV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        if ((isV6 && sys_socket.setsockopt(socket, sys_socket.IPPROTO_IPV6, sys_socket.IPV6_V6ONLY, &no, sizeof(int)) != 0)
            || sys_socket.setsockopt(socket, sys_socket.SOL_SOCKET, sys_socket.SO_REUSEADDR, &yes, sizeof(int)) != 0
            || sys_socket.setsockopt(socket, sys_socket.SOL_SOCKET, sys_socket.SO_REUSEPORT, &yes, sizeof(int)) != 0
            || sys_socket.bind(socket, &at, (uint)at.Length) != 0)
        {
            var error = LinuxException.FromLastError("bind", $"port {port}");
            socket.Dispose();
            throw error;
        }

        return socket;
    }

    /// <summary>Where a socket is bound; null when that is no IPv4 address.</summary>
    public static IPEndPoint? EndOf(Descriptor socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var address = default(SocketAddress);
        uint length = SocketAddress.MaxLength;
        return sys_socket.getsockname(socket, &address, &length) == 0 && address.Family == sys_socket.AF_INET
            ? new IPEndPoint(new IPAddress(address[4..8]), System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(address[2..4]))
            : null;
    }

    private static Descriptor Bind(IPAddress address, int type)
    {
        var socket = Descriptor.FromResult(
            sys_socket.socket(sys_socket.AF_INET, type | sys_socket.SOCK_NONBLOCK | sys_socket.SOCK_CLOEXEC, 0), "socket");
        var at = SocketAddress.Of(new(address, 0));
        if (sys_socket.bind(socket, &at, (uint)at.Length) != 0)
        {
            socket.Dispose();
            throw LinuxException.FromLastError("bind", address.ToString());
        }

        return socket;
    }
}

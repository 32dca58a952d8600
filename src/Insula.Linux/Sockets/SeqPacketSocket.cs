using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.Events;
using Insula.Linux.LibC;

namespace Insula.Linux.Sockets;

/// <summary>
/// A <c>SOCK_SEQPACKET</c> Unix socket: whole packets of at most 4096 bytes with up to 253 descriptors, see unix(7).
/// One sender and one receiver at a time. Paths are a directory and a name, so that no length limit of 108 bytes applies.
/// </summary>
public sealed partial class SeqPacketSocket : IDisposable
{
    /// <summary>The most bytes of a packet.</summary>
    public const int MaxPacket = 4096;

    /// <summary>The most descriptors of a packet: SCM_MAX_FD.</summary>
    public const int MaxDescriptors = 253;

    private const int SocketType = sys_socket.SOCK_SEQPACKET | sys_socket.SOCK_CLOEXEC | sys_socket.SOCK_NONBLOCK;
    private const int PathOffset = 2;
    private const int PathLength = 108;

    private readonly CancellationTokenSource _closed = new();

    /// <summary>Takes ownership of a SOCK_SEQPACKET socket, which must be non-blocking.</summary>
    public SeqPacketSocket(Descriptor descriptor) => Descriptor = descriptor;

    /// <summary>The socket itself.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>Binds and listens at <paramref name="name"/> (one component) in a directory; the socket file gets mode 0600. An existing one is EADDRINUSE.</summary>
    public static unsafe SeqPacketSocket Listen(Descriptor directory, string name, int backlog = 8)
    {
        var socket = Create();
        try
        {
            // The mode of the file is the socket's own at bind(2): no moment passes in which others may connect.
            if (sys_stat.fchmod(socket.Descriptor, 0x180) != 0)
            {
                throw LinuxException.FromLastError("fchmod", name);
            }

            var address = Address(directory, name);
            if (sys_socket.bind(socket.Descriptor, &address, (uint)sizeof(sys_socket.sockaddr_un)) != 0)
            {
                throw LinuxException.FromLastError("bind", name);
            }

            if (sys_socket.listen(socket.Descriptor, backlog) != 0)
            {
                throw LinuxException.FromLastError("listen", name);
            }

            GC.KeepAlive(directory);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the listener at <paramref name="name"/> in a directory.</summary>
    /// <exception cref="LinuxException">ENOENT or ECONNREFUSED when nobody listens; EAGAIN when its backlog is full.</exception>
    public static unsafe SeqPacketSocket Connect(Descriptor directory, string name)
    {
        var socket = Create();
        try
        {
            var address = Address(directory, name);
            if (sys_socket.connect(socket.Descriptor, &address, (uint)sizeof(sys_socket.sockaddr_un)) != 0)
            {
                throw LinuxException.FromLastError("connect", name);
            }

            GC.KeepAlive(directory);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Two connected sockets.</summary>
    public static unsafe (SeqPacketSocket First, SeqPacketSocket Second) Pair()
    {
        var fds = stackalloc int[2];
        return sys_socket.socketpair(sys_socket.AF_UNIX, SocketType, 0, fds) == 0
            ? (new SeqPacketSocket(new Descriptor(fds[0])), new SeqPacketSocket(new Descriptor(fds[1])))
            : throw LinuxException.FromLastError("socketpair");
    }

    /// <summary>Who is at the other end.</summary>
    public unsafe PeerCredentials GetPeer()
    {
        sys_socket.ucred credentials;
        var length = (uint)sizeof(sys_socket.ucred);
        return sys_socket.getsockopt(Descriptor, sys_socket.SOL_SOCKET, sys_socket.SO_PEERCRED, &credentials, &length) == 0
            ? new PeerCredentials(credentials.pid, credentials.uid, credentials.gid)
            : throw LinuxException.FromLastError("getsockopt SO_PEERCRED");
    }

    /// <summary>Closes the socket; a pending receive fails with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (Descriptor.IsClosed)
        {
            return;
        }

        // Waiters first: they hold a reference that would keep the socket open.
        _closed.Cancel();
        Descriptor.Dispose();
    }

    private static SeqPacketSocket Create() =>
        new(Descriptor.FromResult(sys_socket.socket(sys_socket.AF_UNIX, SocketType, 0), "socket"));

    private static unsafe sys_socket.sockaddr_un Address(Descriptor directory, string name)
    {
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"A socket's name is one component of a path, not '{name}'.", nameof(name));
        }

        var address = new sys_socket.sockaddr_un { sun_family = sys_socket.AF_UNIX };
        var path = Encoding.UTF8.GetBytes($"{directory.ProcPath}/{name}");
        if (path.Length >= PathLength)
        {
            throw new ArgumentException($"The socket's name '{name}' is too long.", nameof(name));
        }

        path.CopyTo(MemoryMarshal.AsBytes(new Span<sys_socket.sockaddr_un>(ref address))[PathOffset..]);
        return address;
    }
}

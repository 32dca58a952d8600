using Insula.Linux.LibC;

namespace Insula.Linux.Sockets;

/// <summary>Two connected stream sockets, socketpair(2): for bytes to be handed from one process to another without either waiting.</summary>
public static class StreamPair
{
    /// <summary>Makes a pair. Neither end waits.</summary>
    /// <param name="sendBuffer">So many bytes sent by <c>Sender</c>, as the kernel counts them, may be unread; 0 for the machine's default.</param>
    public static unsafe (Descriptor Receiver, Descriptor Sender) Create(int sendBuffer)
    {
        var fds = stackalloc int[2];
        if (sys_socket.socketpair(sys_socket.AF_UNIX, sys_socket.SOCK_STREAM | sys_socket.SOCK_CLOEXEC | sys_socket.SOCK_NONBLOCK, 0, fds) != 0)
        {
            throw LinuxException.FromLastError("socketpair");
        }

        var (receiver, sender) = (new Descriptor(fds[0]), new Descriptor(fds[1]));
        // Without CAP_NET_ADMIN the machine's limit holds (socket(7)).
        if (sendBuffer > 0 && sys_socket.setsockopt(sender, sys_socket.SOL_SOCKET, sys_socket.SO_SNDBUFFORCE, &sendBuffer, sizeof(int)) != 0)
        {
            _ = sys_socket.setsockopt(sender, sys_socket.SOL_SOCKET, sys_socket.SO_SNDBUF, &sendBuffer, sizeof(int));
        }

        return (receiver, sender);
    }
}

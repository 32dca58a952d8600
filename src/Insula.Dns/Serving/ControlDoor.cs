using System.Runtime.InteropServices;
using Insula.Dns.Control;
using Insula.Dns.Health;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>
/// The daemon's way in: one connection at a time, the latest. When it ends, everything goes on as it was; only a server that was never given
/// a table ends with its daemon.
/// </summary>
internal sealed unsafe class ControlDoor : IPolled, IDisposable
{
    private const int AtOnce = 256;

    private readonly Poller _poller;
    private readonly DnsServer _server;
    private readonly ServerSockets _sockets;
    private readonly byte[] _build;
    private readonly ulong _key;
    private readonly byte[] _packet = new byte[ControlText.MaxPacket];
    private Connection? _connection;

    public ControlDoor(Poller poller, DnsServer server, ServerSockets sockets, byte[] build)
    {
        (_poller, _server, _sockets, _build) = (poller, server, sockets, build);
        _key = poller.Add(sockets.Control, sys_epoll.EPOLLIN, this);
    }

    public void Ready(uint events)
    {
        var result = sys_socket.accept4(_sockets.Control, null, null, sys_socket.SOCK_NONBLOCK | sys_socket.SOCK_CLOEXEC);
        if (result < 0)
        {
            return;
        }

        var socket = new Descriptor(result);
        if (!IsRoot(socket) || !TryGreet(socket))
        {
            socket.Dispose();
            return;
        }

        _connection?.Close();
        _connection = new Connection(this, socket);
    }

    public void Dispose()
    {
        _connection?.Close();
        _poller.Remove(_key, _sockets.Control);
    }

    private static bool IsRoot(Descriptor socket)
    {
        sys_socket.ucred peer;
        var length = (uint)sizeof(sys_socket.ucred);
        return sys_socket.getsockopt(socket, sys_socket.SOL_SOCKET, sys_socket.SO_PEERCRED, &peer, &length) == 0 && peer.uid == 0;
    }

    private bool TryGreet(Descriptor socket)
    {
        var hello = ControlText.Hello(_build);
        var control = stackalloc byte[sizeof(sys_socket.cmsghdr) + (2 * sizeof(int))];
        var header = (sys_socket.cmsghdr*)control;
        header->cmsg_len = (nuint)(sizeof(sys_socket.cmsghdr) + (2 * sizeof(int)));
        header->cmsg_level = sys_socket.SOL_SOCKET;
        header->cmsg_type = sys_socket.SCM_RIGHTS;
        var descriptors = (int*)(control + sizeof(sys_socket.cmsghdr));
        (descriptors[0], descriptors[1]) = (_sockets.Datagrams.Value, _sockets.Streams.Value);
        fixed (byte* bytes = hello)
        {
            var vector = new sys_socket.iovec { iov_base = bytes, iov_len = (nuint)hello.Length };
            var message = new sys_socket.msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = header->cmsg_len };
            return sys_socket.sendmsg(socket, &message, sys_socket.MSG_NOSIGNAL | sys_socket.MSG_DONTWAIT) == hello.Length;
        }
    }

    private sealed class Connection : IPolled
    {
        private readonly ControlDoor _door;
        private readonly Descriptor _socket;
        private readonly TableChanges _changes;
        private readonly ulong _key;
        private bool _closed;

        public Connection(ControlDoor door, Descriptor socket)
        {
            (_door, _socket) = (door, socket);
            _changes = new TableChanges(door._server.Table);
            _key = door._poller.Add(socket, sys_epoll.EPOLLIN, this);
        }

        public void Ready(uint events)
        {
            for (var i = 0; i < AtOnce && !_closed; i++)
            {
                var length = Receive(out var descriptor);
                if (length < 0 && Marshal.GetLastPInvokeError() is (int)Errno.EAGAIN or (int)Errno.EINTR)
                {
                    return;
                }

                if (length <= 0 || length > _door._packet.Length || !TryTake(_door._packet.AsSpan(0, (int)length), descriptor))
                {
                    descriptor?.Dispose();
                    Close();
                }
            }
        }

        public void Close()
        {
            if (!_closed)
            {
                _closed = true;
                _door._poller.Remove(_key, _socket);
                _socket.Dispose();
            }
        }

        /// <summary>Takes a packet from the socket, and the descriptor that is with it.</summary>
        private nint Receive(out Descriptor? descriptor)
        {
            // Aligned, and with room for one: the kernel closes what there is no room for.
            var control = stackalloc ulong[4];
            fixed (byte* into = _door._packet)
            {
                var vector = new sys_socket.iovec { iov_base = into, iov_len = (nuint)_door._packet.Length };
                var message = new sys_socket.msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = (nuint)(sizeof(sys_socket.cmsghdr) + sizeof(int)) };
                var length = sys_socket.recvmsg(_socket, &message, sys_socket.MSG_DONTWAIT | sys_socket.MSG_TRUNC | sys_socket.MSG_CMSG_CLOEXEC);
                var header = (sys_socket.cmsghdr*)control;
                descriptor = length >= 0 && message.msg_controllen >= (nuint)(sizeof(sys_socket.cmsghdr) + sizeof(int))
                    && header->cmsg_level == sys_socket.SOL_SOCKET && header->cmsg_type == sys_socket.SCM_RIGHTS
                    ? new Descriptor(*(int*)(control + (sizeof(sys_socket.cmsghdr) / sizeof(ulong)))) : null;
                return length;
            }
        }

        private bool TryTake(ReadOnlySpan<byte> packet, Descriptor? descriptor)
        {
            if (HealthPorts.IsAbout(packet))
            {
                return _door._server.Health.TryTake(packet, descriptor);
            }

            descriptor?.Dispose();
            if (packet[0] == (byte)ControlPacket.Stop)
            {
                _door._server.Stop();
                return true;
            }

            if (!_changes.TryTake(packet, out var committed))
            {
                return false;
            }

            if (committed is not { } number)
            {
                return true;
            }

            _door._server.Use(_changes.Table, _changes.Upstreams);
            fixed (byte* done = ControlText.Of(ControlPacket.Done, number))
            {
                return sys_socket.send(_socket, done, 9, sys_socket.MSG_NOSIGNAL | sys_socket.MSG_DONTWAIT) == 9;
            }
        }
    }
}

using System.Runtime.InteropServices;
using Insula.Dns.Control;
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
                nint length;
                fixed (byte* into = _door._packet)
                {
                    length = sys_socket.recv(_socket, into, (nuint)_door._packet.Length, sys_socket.MSG_DONTWAIT | sys_socket.MSG_TRUNC);
                }

                if (length < 0 && Marshal.GetLastPInvokeError() is (int)Errno.EAGAIN or (int)Errno.EINTR)
                {
                    return;
                }

                if (length <= 0 || length > _door._packet.Length || !TryTake(_door._packet.AsSpan(0, (int)length)))
                {
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

        private bool TryTake(ReadOnlySpan<byte> packet)
        {
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

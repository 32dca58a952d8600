using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>The UDP socket: one datagram a question, one an answer.</summary>
internal sealed unsafe class DatagramDoor : IPolled, IDisposable
{
    // What has come is worked on, but not without looking at anything else.
    private const int AtOnce = 64;
    private const int Longest = 4096;

    private readonly Poller _poller;
    private readonly Desk _desk;
    private readonly Descriptor _socket;
    private readonly byte[] _question = new byte[Longest];
    private readonly byte[] _answer = new byte[Longest];
    private ulong _key;
    private bool _open;

    public DatagramDoor(Poller poller, Desk desk, Descriptor socket) => (_poller, _desk, _socket) = (poller, desk, socket);

    /// <summary>Begins to take questions.</summary>
    public void Open()
    {
        if (!_open)
        {
            _open = true;
            _key = _poller.Add(_socket, sys_epoll.EPOLLIN, this);
        }
    }

    /// <summary>Takes no more questions; answers can still be sent.</summary>
    public void Close() => _poller.Remove(_key, _socket);

    public void Ready(uint events)
    {
        for (var i = 0; i < AtOnce; i++)
        {
            var from = default(SocketAddress);
            var length = Receive(ref from);
            if (length < 0)
            {
                return;
            }

            var (answer, _) = _desk.Take(_question.AsSpan(0, length), _answer, isStream: false, new Sender(this, from));
            if (answer > 0)
            {
                Send(_answer.AsSpan(0, answer), from);
            }
        }
    }

    public void Dispose() => Close();

    /// <summary>A datagram's length; negative when there is none. A longer one than any question is cut, and so refused.</summary>
    private int Receive(ref SocketAddress from)
    {
        fixed (byte* buffer = _question)
        fixed (SocketAddress* address = &from)
        {
            var vector = new sys_socket.iovec { iov_base = buffer, iov_len = (nuint)_question.Length };
            var message = new sys_socket.msghdr { msg_name = address, msg_namelen = SocketAddress.MaxLength, msg_iov = &vector, msg_iovlen = 1 };

            // An error is one of an answer sent before, whose client is gone; the next event comes with the next question.
            return (int)sys_socket.recvmsg(_socket, &message, sys_socket.MSG_DONTWAIT);
        }
    }

    private void Send(ReadOnlySpan<byte> answer, SocketAddress to)
    {
        fixed (byte* buffer = answer)
        {
            var vector = new sys_socket.iovec { iov_base = buffer, iov_len = (nuint)answer.Length };
            var message = new sys_socket.msghdr { msg_name = &to, msg_namelen = (uint)to.Length, msg_iov = &vector, msg_iovlen = 1 };

            // What cannot be sent is lost like any datagram: the client asks again.
            _ = sys_socket.sendmsg(_socket, &message, sys_socket.MSG_DONTWAIT | sys_socket.MSG_NOSIGNAL);
        }
    }

    private readonly struct Sender(DatagramDoor door, SocketAddress from) : IClientMaker
    {
        public IClient Make() => new Client(door, from);
    }

    private sealed class Client(DatagramDoor door, SocketAddress at) : IClient
    {
        public ulong Host => at.Host;

        public bool IsStream => false;

        public void Deliver(ReadOnlySpan<byte> answer) => door.Send(answer, at);
    }
}

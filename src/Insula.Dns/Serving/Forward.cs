using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Insula.Dns.Messages;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>
/// One question on its way to other servers, one after the other: each time from a port and with a number of its own, which nobody else
/// can guess.
/// </summary>
internal sealed unsafe class Forward(Forwarder forwarder, Poller poller, byte[] key) : IPolled, IDisposable
{
    private const int Prefix = 2;

    // Of what comes to the port and is no answer so much is looked at for one event.
    private const int AtOnce = 16;

    private readonly byte[] _question = new byte[DnsQuery.HeaderLength + DnsName.MaxLength + 4 + 11];
    private readonly List<Upstream> _asked = [];
    private Descriptor? _socket;
    private ulong _polled;
    private int _length;
    private int _questionLength;
    private bool _connecting;
    private byte[]? _stream;
    private int _streamLength;

    public byte[] Key => key;

    public List<Waiter> Waiters { get; } = [];

    /// <summary>When the next server is asked.</summary>
    public long Deadline { get; private set; }

    private bool IsStream => ForwardKey.IsStream(key);

    /// <summary>Asks the next server; without one the clients learn that.</summary>
    public void Next()
    {
        Dispose();
        while (_asked.Count < DnsLimits.Tries && forwarder.Choose(_asked) is { } upstream)
        {
            _asked.Add(upstream);
            Deadline = Environment.TickCount64 + (long)DnsLimits.Try.TotalMilliseconds;
            if (TryStart(upstream))
            {
                forwarder.Expect(Deadline);
                return;
            }

            Dispose();
        }

        forwarder.Fail(this);
    }

    /// <summary>The server did not answer in time.</summary>
    public void Expire(long now)
    {
        _asked[^1].DistrustedUntil = now + (long)DnsLimits.Distrust.TotalMilliseconds;
        Next();
    }

    public void Ready(uint events)
    {
        if (_connecting)
        {
            Connected();
        }
        else if (IsStream)
        {
            ReadStream();
        }
        else
        {
            ReadDatagrams();
        }
    }

    /// <summary>Asks nobody any more.</summary>
    public void Dispose()
    {
        if (_socket is not null)
        {
            poller.Remove(_polled, _socket);
            _socket.Dispose();
            _socket = null;
        }
    }

    private bool TryStart(Upstream upstream)
    {
        var address = upstream.Address;
        var result = sys_socket.socket(
            address.Family, (IsStream ? sys_socket.SOCK_STREAM : sys_socket.SOCK_DGRAM) | sys_socket.SOCK_NONBLOCK | sys_socket.SOCK_CLOEXEC, 0);
        if (result < 0)
        {
            return false;
        }

        _socket = new Descriptor(result);
        _length = ForwardKey.WriteQuestion(key, forwarder.Random.Next(), _question, out _questionLength);
        _connecting = false;
        if (sys_socket.connect(_socket, &address, (uint)address.Length) != 0)
        {
            if (Marshal.GetLastPInvokeError() != (int)Errno.EINPROGRESS)
            {
                return false;
            }

            _connecting = true;
        }

        _polled = poller.Add(_socket, IsStream ? sys_epoll.EPOLLOUT : sys_epoll.EPOLLIN, this);
        _connecting |= IsStream;
        return IsStream || Send(_question.AsSpan(0, _length));
    }

    private bool Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
        {
            return sys_socket.send(_socket!, from, (nuint)bytes.Length, sys_socket.MSG_NOSIGNAL | sys_socket.MSG_DONTWAIT) == bytes.Length;
        }
    }

    private int Receive(Span<byte> into)
    {
        fixed (byte* to = into)
        {
            return (int)sys_socket.recv(_socket!, to, (nuint)into.Length, sys_socket.MSG_DONTWAIT);
        }
    }

    private void ReadDatagrams()
    {
        for (var i = 0; i < AtOnce; i++)
        {
            var length = Receive(forwarder.Buffer);
            if (length < 0)
            {
                if (Marshal.GetLastPInvokeError() is not ((int)Errno.EAGAIN or (int)Errno.EINTR))
                {
                    // Nobody listens there.
                    Expire(Environment.TickCount64);
                }

                return;
            }

            var answer = forwarder.Buffer.AsSpan(0, length);
            if (AnswerReader.IsTo(answer, _question, _questionLength))
            {
                Take(answer);
                return;
            }
        }
    }

    private void Connected()
    {
        var bytes = new byte[Prefix + _length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)_length);
        _question.AsSpan(0, _length).CopyTo(bytes.AsSpan(Prefix));

        // It fits into the socket of a new connection; if there is none, this says so.
        if (!Send(bytes))
        {
            Expire(Environment.TickCount64);
            return;
        }

        _connecting = false;
        (_stream, _streamLength) = (new byte[Prefix], 0);
        poller.Change(_polled, _socket!, sys_epoll.EPOLLIN);
    }

    private void ReadStream()
    {
        var length = Receive(_stream!.AsSpan(_streamLength));
        if (length <= 0)
        {
            if (length == 0 || Marshal.GetLastPInvokeError() is not ((int)Errno.EAGAIN or (int)Errno.EINTR))
            {
                Expire(Environment.TickCount64);
            }

            return;
        }

        _streamLength += length;
        if (_streamLength < _stream!.Length)
        {
            return;
        }

        if (_stream.Length == Prefix && BinaryPrimitives.ReadUInt16BigEndian(_stream) is > 0 and var size)
        {
            Array.Resize(ref _stream, Prefix + size);
            return;
        }

        var answer = _stream.AsSpan(Prefix);
        if (AnswerReader.IsTo(answer, _question, _questionLength))
        {
            Take(answer);
        }
        else
        {
            Expire(Environment.TickCount64);
        }
    }

    private void Take(Span<byte> answer)
    {
        _asked[^1].DistrustedUntil = 0;

        // Another server may know what this one cannot or will not say.
        if (AnswerReader.CodeOf(answer) is ResponseCode.ServFail or ResponseCode.Refused or ResponseCode.NotImp && _asked.Count < DnsLimits.Tries
            && forwarder.Choose(_asked) is { } other && !_asked.Contains(other))
        {
            Next();
            return;
        }

        forwarder.Finish(this, answer);
    }
}

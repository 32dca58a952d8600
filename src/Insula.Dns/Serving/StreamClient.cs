using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Insula.Dns.Messages;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>A connection: questions with their length before them, each answered before the next is read.</summary>
internal sealed unsafe class StreamClient : IPolled, IClient, IClientMaker
{
    private const int Prefix = 2;

    private readonly StreamDoor _door;
    private readonly Poller _poller;
    private readonly Desk _desk;
    private readonly Descriptor _connection;
    private readonly byte[] _read = new byte[Prefix + DnsQuery.MaxMessage];
    private readonly ulong _key;
    private int _length;
    private byte[] _write = [];
    private int _written;
    private uint _events = sys_epoll.EPOLLIN;
    private bool _closed;

    public StreamClient(StreamDoor door, Poller poller, Desk desk, Descriptor connection, ulong host)
    {
        (_door, _poller, _desk, _connection, Host) = (door, poller, desk, connection, host);
        Deadline = Environment.TickCount64 + (long)DnsLimits.ConnectionIdle.TotalMilliseconds;
        _key = poller.Add(connection, sys_epoll.EPOLLIN, this);
    }

    public ulong Host { get; }

    public bool IsStream => true;

    /// <summary>Whether a question of it is with another server, or its answer not yet sent.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>When it has been silent for too long.</summary>
    public long Deadline { get; private set; }

    public IClient Make() => this;

    public void Ready(uint events)
    {
        if ((events & (sys_epoll.EPOLLERR | sys_epoll.EPOLLHUP)) != 0)
        {
            Close();
            return;
        }

        if (_write.Length > 0)
        {
            Write();
            return;
        }

        var length = Read();
        if (length <= 0)
        {
            if (length == 0 || Marshal.GetLastPInvokeError() is not ((int)Errno.EAGAIN or (int)Errno.EINTR))
            {
                Close();
            }

            return;
        }

        _length += length;
        Work();
    }

    public void Deliver(ReadOnlySpan<byte> answer)
    {
        if (!_closed)
        {
            Begin(answer);
            if (!_closed && _write.Length == 0)
            {
                Listen(sys_epoll.EPOLLIN);
                Work();
            }
        }
    }

    public void Close()
    {
        if (!_closed)
        {
            _closed = true;
            _poller.Remove(_key, _connection);
            _connection.Dispose();
            _door.Forget(this);
        }
    }

    /// <summary>Answers what is whole by now, until a question has to wait.</summary>
    private void Work()
    {
        while (!_closed && !IsWaiting && _length >= Prefix)
        {
            var size = BinaryPrimitives.ReadUInt16BigEndian(_read);
            if (size > DnsQuery.MaxMessage)
            {
                Close();
                return;
            }

            if (_length < Prefix + size)
            {
                return;
            }

            Take(size);
        }
    }

    private void Take(int size)
    {
        // Out of the way first: when nobody can be asked, the answer comes while it is being taken.
        Span<byte> question = stackalloc byte[DnsQuery.MaxMessage];
        _read.AsSpan(Prefix, size).CopyTo(question);
        _read.AsSpan(Prefix + size, _length - Prefix - size).CopyTo(_read);
        _length -= Prefix + size;
        IsWaiting = true;
        var (answer, later) = _desk.Take(question[..size], _door.Buffer, isStream: true, this);
        if (answer > 0)
        {
            Begin(_door.Buffer.AsSpan(0, answer));
        }
        else if (!later)
        {
            Close();
        }
        else if (!_closed && IsWaiting && _write.Length == 0)
        {
            // What comes meanwhile stays where it is.
            Listen(0);
        }
    }

    private void Begin(ReadOnlySpan<byte> answer)
    {
        _write = new byte[Prefix + answer.Length];
        BinaryPrimitives.WriteUInt16BigEndian(_write, (ushort)answer.Length);
        answer.CopyTo(_write.AsSpan(Prefix));
        _written = 0;
        Deadline = Environment.TickCount64 + (long)DnsLimits.ConnectionIdle.TotalMilliseconds;
        Write();
    }

    private void Write()
    {
        while (_written < _write.Length)
        {
            fixed (byte* from = &_write[_written])
            {
                var count = sys_socket.send(_connection, from, (nuint)(_write.Length - _written), sys_socket.MSG_NOSIGNAL | sys_socket.MSG_DONTWAIT);
                if (count < 0)
                {
                    if (Marshal.GetLastPInvokeError() is (int)Errno.EAGAIN or (int)Errno.EINTR)
                    {
                        Listen(sys_epoll.EPOLLOUT);
                    }
                    else
                    {
                        Close();
                    }

                    return;
                }

                _written += (int)count;
            }
        }

        var polled = _events == sys_epoll.EPOLLOUT;
        _write = [];
        IsWaiting = false;
        if (_door.IsClosed)
        {
            Close();
        }
        else if (polled)
        {
            Listen(sys_epoll.EPOLLIN);
            Work();
        }
    }

    private void Listen(uint events)
    {
        if (_events != events)
        {
            _events = events;
            _poller.Change(_key, _connection, events);
        }
    }

    private int Read()
    {
        fixed (byte* into = &_read[_length])
        {
            return (int)sys_socket.recv(_connection, into, (nuint)(_read.Length - _length), sys_socket.MSG_DONTWAIT);
        }
    }
}

using System.Runtime.InteropServices;
using Insula.Dns.Serving;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Health;

/// <summary>Who asks for a Service's health: one request, one answer, and the end.</summary>
internal sealed unsafe class HealthClient : IPolled
{
    private readonly HealthPorts _ports;
    private readonly HealthPort _port;
    private readonly Poller _poller;
    private readonly Descriptor _connection;
    private readonly byte[] _read = new byte[DnsLimits.HealthRequest];
    private readonly ulong _key;
    private int _length;
    private byte[]? _answer;
    private int _written;
    private bool _closed;

    public HealthClient(HealthPorts ports, HealthPort port, Poller poller, Descriptor connection, ulong host)
    {
        (_ports, _port, _poller, _connection, Host) = (ports, port, poller, connection, host);
        Deadline = Environment.TickCount64 + (long)DnsLimits.HealthTime.TotalMilliseconds;
        _key = poller.Add(connection, sys_epoll.EPOLLIN, this);
    }

    public ulong Host { get; }

    /// <summary>When it must be done, however busy it is.</summary>
    public long Deadline { get; }

    public void Ready(uint events)
    {
        if ((events & (sys_epoll.EPOLLERR | sys_epoll.EPOLLHUP)) != 0)
        {
            Close();
        }
        else if (_answer is null)
        {
            Read();
        }
        else
        {
            Write();
        }
    }

    public void Close()
    {
        if (!_closed)
        {
            _closed = true;
            _poller.Remove(_key, _connection);
            _connection.Dispose();
            _ports.Forget(this);
        }
    }

    private static bool IsPassing(int error) => error is (int)Errno.EAGAIN or (int)Errno.EINTR;

    private void Read()
    {
        nint count;
        fixed (byte* into = &_read[_length])
        {
            count = sys_socket.recv(_connection, into, (nuint)(_read.Length - _length), sys_socket.MSG_DONTWAIT);
        }

        if (count <= 0)
        {
            if (count == 0 || !IsPassing(Marshal.GetLastPInvokeError()))
            {
                Close();
            }

            return;
        }

        _length += (int)count;
        _answer = HealthAnswer.To(_read.AsSpan(0, _length), _read.Length, _port.Service, _port.Endpoints);
        if (_answer is not null)
        {
            Write();
        }
    }

    private void Write()
    {
        while (_written < _answer!.Length)
        {
            fixed (byte* from = &_answer[_written])
            {
                var count = sys_socket.send(_connection, from, (nuint)(_answer.Length - _written), sys_socket.MSG_NOSIGNAL | sys_socket.MSG_DONTWAIT);
                if (count < 0)
                {
                    if (IsPassing(Marshal.GetLastPInvokeError()))
                    {
                        _poller.Change(_key, _connection, sys_epoll.EPOLLOUT);
                        return;
                    }

                    break;
                }

                _written += (int)count;
            }
        }

        Close();
    }
}

using Insula.Dns.Serving;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Health;

/// <summary>One listening port, and what it says.</summary>
internal sealed unsafe class HealthPort : IPolled, IDisposable
{
    private const int Backlog = 32;
    private const int AtOnce = 64;

    private readonly HealthPorts _ports;
    private readonly Poller _poller;
    private readonly Descriptor _socket;
    private readonly ulong _key;

    private HealthPort(HealthPorts ports, Poller poller, Descriptor socket)
    {
        (_ports, _poller, _socket) = (ports, poller, socket);
        _key = poller.Add(socket, sys_epoll.EPOLLIN, this);
    }

    /// <summary>The Service, as "namespace/name".</summary>
    public string Service { get; set; } = "";

    /// <summary>The number of its ready endpoints on this machine.</summary>
    public uint Endpoints { get; set; }

    /// <summary>Begins to listen at a bound socket, which becomes this one's; null when the kernel refuses.</summary>
    public static HealthPort? TryOpen(HealthPorts ports, Poller poller, Descriptor socket)
    {
        if (sys_socket.listen(socket, Backlog) != 0)
        {
            socket.Dispose();
            return null;
        }

        return new(ports, poller, socket);
    }

    public void Ready(uint events)
    {
        // Not for ever: others are to be answered, too, and what is left is told again.
        for (var i = 0; i < AtOnce; i++)
        {
            var from = default(SocketAddress);
            uint length = SocketAddress.MaxLength;
            var result = sys_socket.accept4(_socket, &from, &length, sys_socket.SOCK_NONBLOCK | sys_socket.SOCK_CLOEXEC);
            if (result < 0)
            {
                return;
            }

            _ports.Welcome(this, new Descriptor(result), from.Host);
        }
    }

    public void Dispose()
    {
        _poller.Remove(_key, _socket);
        _socket.Dispose();
    }
}

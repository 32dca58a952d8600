using System.Runtime.InteropServices;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>The TCP socket, and the connections that came by it: few, few from one address, and none that says nothing for long.</summary>
internal sealed unsafe class StreamDoor : IPolled, IDisposable
{
    private readonly Poller _poller;
    private readonly Desk _desk;
    private readonly Descriptor _socket;
    private readonly HashSet<StreamClient> _clients = [];
    private readonly Dictionary<ulong, int> _perHost = [];
    private ulong _key;
    private bool _open;
    private bool _closed;

    public StreamDoor(Poller poller, Desk desk, Descriptor socket) => (_poller, _desk, _socket) = (poller, desk, socket);

    /// <summary>Whether nobody is connected.</summary>
    public bool IsIdle => _clients.Count == 0;

    public void Ready(uint events)
    {
        while (true)
        {
            var from = default(SocketAddress);
            uint length = SocketAddress.MaxLength;
            var result = sys_socket.accept4(_socket, &from, &length, sys_socket.SOCK_NONBLOCK | sys_socket.SOCK_CLOEXEC);
            if (result < 0)
            {
                // Without room for descriptors it is tried again with the next event: one comes when a connection ends.
                return;
            }

            var connection = new Descriptor(result);
            var count = _perHost.GetValueOrDefault(from.Host);
            if (_clients.Count >= DnsLimits.Connections || count >= DnsLimits.ConnectionsPerClient)
            {
                connection.Dispose();
                continue;
            }

            _perHost[from.Host] = count + 1;
            _clients.Add(new StreamClient(this, _poller, _desk, connection, from.Host));
        }
    }

    /// <summary>Begins to let clients in.</summary>
    public void Open()
    {
        if (!_open)
        {
            _open = true;
            _key = _poller.Add(_socket, sys_epoll.EPOLLIN, this);
        }
    }

    /// <summary>Lets no more in; those who wait for nothing are sent away.</summary>
    public void Close()
    {
        if (!_closed)
        {
            _closed = true;
            _poller.Remove(_key, _socket);
            foreach (var client in _clients.Where(c => !c.IsWaiting).ToList())
            {
                client.Close();
            }
        }
    }

    /// <summary>Ends connections that have been silent for too long.</summary>
    /// <returns>When it has to be looked at again.</returns>
    public long Expire(long now)
    {
        var next = long.MaxValue;
        foreach (var client in _clients.Where(c => c.Deadline <= now).ToList())
        {
            client.Close();
        }

        foreach (var client in _clients)
        {
            next = Math.Min(next, client.Deadline);
        }

        return next;
    }

    public void Dispose()
    {
        Close();
        foreach (var client in _clients.ToList())
        {
            client.Close();
        }
    }

    internal bool IsClosed => _closed;

    /// <summary>Room for an answer, until it is copied.</summary>
    internal byte[] Buffer { get; } = new byte[DnsLimits.StreamSize];

    internal void Forget(StreamClient client)
    {
        if (_clients.Remove(client) && --CollectionsMarshal.GetValueRefOrAddDefault(_perHost, client.Host, out _) == 0)
        {
            _perHost.Remove(client.Host);
        }
    }
}

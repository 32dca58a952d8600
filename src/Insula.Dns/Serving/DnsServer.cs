using System.Net;
using Insula.Dns.Health;
using Insula.Dns.Tables;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>The server: one thread that waits for questions, answers and the daemon's changes, and does each as it comes.</summary>
public sealed class DnsServer : IDisposable
{
    private static readonly TimeSpan _longestStop = TimeSpan.FromSeconds(5);

    private readonly Poller _poller = new();
    private readonly Responder _responder = new();
    private readonly Forwarder _forwarder;
    private readonly DatagramDoor _datagrams;
    private readonly StreamDoor _streams;
    private readonly HealthPorts _health;
    private readonly ControlDoor _control;
    private readonly LeashWatch _leash;
    private IReadOnlyList<IPEndPoint> _upstreams = [];
    private long _stopBy = long.MaxValue;
    private volatile bool _ended;

    /// <summary>Prepares a server; nothing is answered before <see cref="Run"/>.</summary>
    /// <param name="sockets">What it serves.</param>
    /// <param name="build">Which program it is.</param>
    public DnsServer(ServerSockets sockets, byte[] build)
    {
        ArgumentNullException.ThrowIfNull(sockets);
        _forwarder = new Forwarder(_poller, _responder);
        var desk = new Desk(_responder, _forwarder);
        _health = new HealthPorts(_poller);
        _control = new ControlDoor(_poller, this, sockets, build);
        _leash = new LeashWatch(this, _poller, sockets.Leash);

        // Without a table every name would be said not to be there: these are opened with the first.
        _datagrams = new DatagramDoor(_poller, desk, sockets.Datagrams);
        _streams = new StreamDoor(_poller, desk, sockets.Streams);
    }

    internal DnsTable Table => _responder.Table;

    internal HealthPorts Health => _health;

    /// <summary>Serves until it is told to stop.</summary>
    public void Run()
    {
        while (!_ended && !IsDone(Environment.TickCount64))
        {
            var now = Environment.TickCount64;
            var next = Math.Min(_forwarder.Expire(now), Math.Min(Math.Min(_streams.Expire(now), _health.Expire(now)), _stopBy));
            _poller.Wait(next == long.MaxValue ? -1 : (int)Math.Clamp(next - Environment.TickCount64, 0, 60_000));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leash.Dispose();
        _control.Dispose();
        _health.Dispose();
        _datagrams.Dispose();
        _streams.Dispose();
        _poller.Dispose();
    }

    internal void Use(DnsTable table, IReadOnlyList<IPEndPoint> upstreams)
    {
        _responder.Table = table;
        if (!upstreams.SequenceEqual(_upstreams))
        {
            _upstreams = upstreams;
            _forwarder.Use(upstreams.Select(u => new Upstream(u)));
        }

        _leash.Dispose();
        _datagrams.Open();
        _streams.Open();
    }

    /// <summary>Ends it at its next event, whoever waits.</summary>
    internal void End() => _ended = true;

    internal void Stop()
    {
        _datagrams.Close();
        _streams.Close();
        _health.Close();
        _stopBy = Math.Min(_stopBy, Environment.TickCount64 + (long)_longestStop.TotalMilliseconds);
    }

    private bool IsDone(long now) => _stopBy <= now || (_stopBy < long.MaxValue && _forwarder.IsIdle && _streams.IsIdle && _health.IsIdle);

    /// <summary>The daemon's death before it gave a table.</summary>
    private sealed class LeashWatch : IPolled, IDisposable
    {
        private readonly DnsServer _server;
        private readonly Poller _poller;
        private readonly Descriptor _leash;
        private readonly ulong _key;

        public LeashWatch(DnsServer server, Poller poller, Descriptor leash)
        {
            (_server, _poller, _leash) = (server, poller, leash);
            _key = poller.Add(leash, sys_epoll.EPOLLIN, this);
        }

        public void Ready(uint events) => _server.End();

        public void Dispose()
        {
            if (!_leash.IsClosed)
            {
                _poller.Remove(_key, _leash);
                _leash.Dispose();
            }
        }
    }
}

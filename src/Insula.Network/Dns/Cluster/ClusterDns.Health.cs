using System.Globalization;
using Insula.Dns.Health;
using Insula.Dns.Serving;
using Insula.Linux;
using Insula.Network.Balancers;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Dns.Cluster;

/// <summary>
/// The server's other work: health-check node ports. Their sockets are bound here and given to the server, which has them to itself; one that
/// it has goes on when a daemon connects that does not know of it.
/// </summary>
public sealed partial class ClusterDns : IHealthPorts
{
    private static readonly TimeSpan _portAgain = TimeSpan.FromSeconds(5);
    private readonly HealthTable _health = new();

    // What the server of this connection has a socket for.
    private readonly HashSet<int> _served = [];

    /// <inheritdoc/>
    public void SetHealth(IReadOnlyDictionary<string, HealthState?> changes, bool whole)
    {
        ArgumentNullException.ThrowIfNull(changes);
        lock (_lock)
        {
            _health.Set(changes, whole);
        }

        Wake();
    }

    private async Task BeginHealthAsync(DnsProcess server, CancellationToken ct)
    {
        _served.Clear();
        IReadOnlyDictionary<int, HealthState> ports;
        lock (_lock)
        {
            _health.TakeChanges();
            ports = _health.Ports;
        }

        await server.SendAsync(HealthText.All([.. ports.Keys]), null, ct).ConfigureAwait(false);
        foreach (var (port, state) in ports)
        {
            await TellHealthAsync(server, port, state, ct).ConfigureAwait(false);
        }
    }

    private async Task ChangeHealthAsync(DnsProcess server, CancellationToken ct)
    {
        IReadOnlyDictionary<int, HealthState?> changes;
        lock (_lock)
        {
            changes = _health.TakeChanges();
        }

        foreach (var (port, state) in changes)
        {
            await TellHealthAsync(server, port, state, ct).ConfigureAwait(false);
        }
    }

    private async Task TellHealthAsync(DnsProcess server, int port, HealthState? state, CancellationToken ct)
    {
        if (state is null)
        {
            _served.Remove(port);
            await server.SendAsync(HealthText.Gone(port), null, ct).ConfigureAwait(false);
            return;
        }

        var packet = HealthText.Of(port, state.Endpoints, state.Service);
        if (_served.Contains(port))
        {
            await server.SendAsync(packet, null, ct).ConfigureAwait(false);
            return;
        }

        Descriptor socket;
        try
        {
            socket = await _network.OnHostAsync(_ => BoundSocket.Shared(port)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LinuxException or NetworkException)
        {
            LogNoHealth(state.Service, port.ToString(CultureInfo.InvariantCulture), _portAgain.TotalSeconds, e.Message);
            _ = AgainAsync(port);
            return;
        }

        using (socket)
        {
            await server.SendAsync(packet, socket, ct).ConfigureAwait(false);
            _served.Add(port);
        }
    }

    private async Task AgainAsync(int port)
    {
        await Task.Delay(_portAgain, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_stopping.IsCancellationRequested)
        {
            lock (_lock)
            {
                _health.Again(port);
            }

            Wake();
        }
    }

    [LoggerMessage(6, LogLevel.Warning, "the health of the Service {Service} is not told at port {Port}; tried again in {Seconds} s: {Reason}")]
    private partial void LogNoHealth(string service, string port, double seconds, string reason);
}

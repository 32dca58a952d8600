using System.Net;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Netlink;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Balancers;

/// <summary>
/// Services at addresses of a pool, each at one of its own. An address is bound to this machine's loopback link, so that the kernel answers who
/// asks for it (ARP) by any link, and announced on the links: when it is given, when a daemon starts, and when a link comes up. Which are ours
/// the kernel knows by their label; whose they are the Services' statuses say.
/// </summary>
public sealed partial class PoolBalancer : ILoadBalancerProvider, IAsyncDisposable
{
    private const int LoopbackIndex = 1;

    private readonly PodNetwork _network;
    private readonly AddressRanges _pool;
    private readonly string? _link;
    private readonly Func<IEnumerable<(BalancerName Service, IReadOnlyList<string> Addresses)>> _holders;
    private readonly EventLoop _events;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<IPAddress, BalancerName> _given = [];
    private bool _known;
    private Task _watch = Task.CompletedTask;

    /// <summary>Prepares it; the kernel is not looked at before the first request.</summary>
    /// <param name="network">The network, started.</param>
    /// <param name="pool">The addresses there are to give.</param>
    /// <param name="link">The link they are announced on; null: all of the machine's.</param>
    /// <param name="holders">The Services that have addresses of a pool, as their statuses say.</param>
    /// <param name="events">The daemon's loop.</param>
    /// <param name="logger">Where to log.</param>
    public PoolBalancer(
        PodNetwork network, AddressRanges pool, string? link, Func<IEnumerable<(BalancerName Service, IReadOnlyList<string> Addresses)>> holders, EventLoop events,
        ILogger<PoolBalancer> logger)
    {
        ArgumentNullException.ThrowIfNull(network);
        (_network, _pool, _link, _holders, _events, _logger) = (network, pool, link, holders, events, logger);
    }

    /// <inheritdoc/>
    public Task<BalancerAnswer> EnsureAsync(BalancerRequest request, CancellationToken ct) => InTurnAsync(
        () =>
        {
            var answer = Give(request, out var given);
            Withdraw([.. _given.Where(g => g.Value.Uid == request.Service.Uid && !g.Key.Equals(given)).Select(g => g.Key)]);
            return answer;
        },
        ct);

    /// <inheritdoc/>
    public Task<BalancerAnswer> UpdateAsync(BalancerRequest request, CancellationToken ct) => EnsureAsync(request, ct);

    /// <inheritdoc/>
    public Task DeleteAsync(BalancerName name, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(name);
        return InTurnAsync(
            () =>
            {
                Withdraw([.. _given.Where(g => g.Value.Uid == name.Uid).Select(g => g.Key)]);
                return true;
            },
            ct);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BalancerName>> ListAsync(CancellationToken ct) =>
        InTurnAsync<IReadOnlyList<BalancerName>>(() => [.. _given.Values.DistinctBy(n => n.Uid)], ct);

    /// <summary>Ends the following of links; addresses stay.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        _stopping.Dispose();
        _turn.Dispose();
    }

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken ct)
    {
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (!_known)
            {
                Recover(await BoundAsync().ConfigureAwait(false));
                _watch = WatchAsync(await _network.OnHostAsync(_ => LinkMonitor.Open()).ConfigureAwait(false));
                _known = true;
            }

            return await _network.OnHostAsync(w =>
            {
                _routes = w.Routes;
                return work();
            }).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    // The host's socket, during a turn.
    private RouteSocket? _routes;

    private Task<List<IPAddress>> BoundAsync() => _network.OnHostAsync(
        w => w.Routes.GetAddresses(rtnetlink.AF_INET).Where(a => a.Label == _network.Names.BalancerLabel).Select(a => a.Address).ToList());

    /// <summary>What is bound and nobody's is what a daemon that died had not told of yet.</summary>
    private void Recover(List<IPAddress> bound)
    {
        foreach (var (service, addresses) in _holders())
        {
            foreach (var text in addresses)
            {
                if (IPAddress.TryParse(text, out var address) && (_pool.Contains(address) || bound.Contains(address)))
                {
                    _given.TryAdd(address, service);
                }
            }
        }

        foreach (var stray in bound.Where(b => !_given.ContainsKey(b)))
        {
            LogStray(stray.ToString());
            _given[stray] = new BalancerName("", "", stray.ToString());
        }
    }

    private BalancerAnswer Give(BalancerRequest request, out IPAddress? given)
    {
        given = null;
        Withdraw([.. _given.Where(g => g.Value.Uid.Length == 0).Select(g => g.Key)]);
        if (_pool.Count == 0)
        {
            return new BalancerAnswer.Refused("there is no pool of addresses: configure load-balancer-pool");
        }

        IPAddress? asked = null;
        if (request.Address is { } text && (!IPAddress.TryParse(text, out asked) || !_pool.Contains(asked)))
        {
            return new BalancerAnswer.Refused($"{text} is no address of the pool {_pool}");
        }

        if (asked is not null && _given.TryGetValue(asked, out var holder) && holder.Uid != request.Service.Uid)
        {
            return new BalancerAnswer.Refused($"the address {asked} is the Service {holder}'s");
        }

        bool IsOwn(IPAddress address) => _given.TryGetValue(address, out var who) && who.Uid == request.Service.Uid && _pool.Contains(address);
        var candidates = asked is not null ? [asked] : _given.Keys.Where(IsOwn).Concat(_pool.All.Where(a => !_given.ContainsKey(a)));
        var others = new List<IPAddress>();
        foreach (var address in candidates)
        {
            if (Bind(address))
            {
                _given[address] = request.Service;
                given = address;
                Announce([address], null);
                return BalancerAnswer.At(address, request);
            }

            others.Add(address);
        }

        return new BalancerAnswer.Refused(others.Count > 0
            ? $"{string.Join(", ", others.Take(3))} cannot be given: bound to this machine by somebody else"
            : $"all {_pool.Count} addresses of the pool {_pool} are in use: delete Services, or configure a larger load-balancer-pool");
    }

    /// <summary>Binds an address; false when it is this machine's already, and not by us.</summary>
    private bool Bind(IPAddress address)
    {
        var present = _routes!.GetAddresses(rtnetlink.AF_INET).Where(a => a.Address.Equals(address)).ToList();
        if (present.Count > 0)
        {
            return present.All(p => p.Label == _network.Names.BalancerLabel);
        }

        _routes.Execute(new RouteBatch().AddAddress(LoopbackIndex, address, _network.Names.BalancerLabel));
        Failpoint.Hit("balancers.pool.bound");
        return true;
    }

    private void Withdraw(List<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            if (_routes!.GetAddresses(rtnetlink.AF_INET).Any(a => a.Address.Equals(address) && a.Label == _network.Names.BalancerLabel))
            {
                _routes.Execute(new RouteBatch().DeleteAddress(LoopbackIndex, address, Errno.EADDRNOTAVAIL));
            }

            _given.Remove(address);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "the address {Address} was bound for a Service that was never told; it is given back")]
    private partial void LogStray(string address);
}

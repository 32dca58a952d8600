using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Netlink;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Balancers;

/// <summary>
/// Services at addresses of a pool, each at one of its own of each family. An address is bound to this machine's loopback link and announced on the
/// links: when it is given, when a daemon starts, and when a link comes up. Who asks for it by ARP is answered by the kernel on any link; for
/// neighbour discovery (RFC 4861) the kernel wants an IPv6 address on the very link, so it is bound there as well. Which are ours the kernel knows by
/// their marks; whose they are the Services' statuses say.
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
            var given = new List<IPAddress>();
            var refusal = Give(request, given);
            Withdraw([.. _given.Where(g => g.Value.Uid == request.Service.Uid && !given.Contains(g.Key)).Select(g => g.Key)]);
            return refusal ?? (BalancerAnswer)BalancerAnswer.At(given, request);
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
        w => w.Routes.GetAddresses(rtnetlink.AF_UNSPEC).Where(_network.Names.IsBalancers).Select(a => a.Address).Distinct().ToList());

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

    /// <summary>Gives an address of each of the Service's families that the pool has; of the first one in any case.</summary>
    /// <param name="request">Who asks.</param>
    /// <param name="given">What was given.</param>
    /// <returns>Why there is none; null when there is.</returns>
    private BalancerAnswer.Refused? Give(BalancerRequest request, List<IPAddress> given)
    {
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

        if (asked is not null && !request.Families.Contains(IPFamilies.Of(asked.ToString())))
        {
            return new BalancerAnswer.Refused($"{asked} is of a family that the Service does not have: its ipFamilies are {string.Join(", ", request.Families)}");
        }

        if (asked is not null && _given.TryGetValue(asked, out var holder) && holder.Uid != request.Service.Uid)
        {
            return new BalancerAnswer.Refused($"the address {asked} is the Service {holder}'s");
        }

        foreach (var family in request.Families)
        {
            var own = asked is not null && IPFamilies.Of(asked.ToString()) == family ? asked : null;
            if (Give(request.Service, family, own, given) is { } refusal && (own is not null || family == request.Families[0]))
            {
                return refusal;
            }
        }

        return null;
    }

    private BalancerAnswer.Refused? Give(BalancerName service, string family, IPAddress? asked, List<IPAddress> given)
    {
        bool IsOwn(IPAddress address) => _given.TryGetValue(address, out var who) && who.Uid == service.Uid && _pool.Contains(address) && IPFamilies.Of(address.ToString()) == family;
        var all = _pool.Of(family);
        var candidates = asked is not null ? [asked] : _given.Keys.Where(IsOwn).Concat(all.Where(a => !_given.ContainsKey(a)));
        var others = new List<IPAddress>();
        foreach (var address in candidates)
        {
            if (Bind(address))
            {
                _given[address] = service;
                given.Add(address);
                Announce([address], null);
                return null;
            }

            others.Add(address);
        }

        return new BalancerAnswer.Refused(
            others.Count > 0 ? $"{string.Join(", ", others.Take(3))} cannot be given: bound to this machine by somebody else"
            : all.Any() ? $"all {all.Count()} {family} addresses of the pool {_pool} are in use: delete Services, or configure a larger load-balancer-pool"
            : $"the pool {_pool} has no {family} address: configure some in load-balancer-pool, or ask for another family in ipFamilies");
    }

    /// <summary>Binds an address; false when it is this machine's already, and not by us.</summary>
    private bool Bind(IPAddress address)
    {
        var present = _routes!.GetAddresses(rtnetlink.AF_UNSPEC).Where(a => a.Address.Equals(address)).ToList();
        if (present.Count > 0 && !present.All(_network.Names.IsBalancers))
        {
            return false;
        }

        if (!present.Any(p => p.Index == LoopbackIndex))
        {
            BindTo(LoopbackIndex, address);
            Failpoint.Hit("balancers.pool.bound");
        }

        return true;
    }

    private void BindTo(int link, IPAddress address) => _routes!.Execute(address.AddressFamily == AddressFamily.InterNetwork
        ? new RouteBatch().AddAddress(link, address, _network.Names.BalancerLabel, Errno.EEXIST)
        : new RouteBatch().AddDeprecatedAddress(link, address, _network.Names.BalancerMark, Errno.EEXIST));

    private void Withdraw(List<IPAddress> addresses)
    {
        var present = addresses.Count > 0 ? _routes!.GetAddresses(rtnetlink.AF_UNSPEC) : [];
        foreach (var address in addresses)
        {
            foreach (var bound in present.Where(a => a.Address.Equals(address) && _network.Names.IsBalancers(a)))
            {
                _routes!.Execute(new RouteBatch().DeleteAddress(bound.Index, address, Errno.EADDRNOTAVAIL, Errno.ENODEV));
            }

            _given.Remove(address);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "the address {Address} was bound for a Service that was never told; it is given back")]
    private partial void LogStray(string address);
}

using System.Collections.Concurrent;
using System.Net;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Netlink;
using Insula.Network.Addresses;
using Insula.Network.Firewall;
using Insula.Network.Host;
using Insula.Network.Links;
using Insula.Network.Services;
using Microsoft.Extensions.Logging;

namespace Insula.Network;

/// <summary>The built-in pod network: routed links, addresses of one range, one nftables table.</summary>
public sealed partial class PodNetwork : IPodNetwork, IAsyncDisposable
{
    private const int DefaultMtu = 1500;
    private static readonly TimeSpan FollowAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    private readonly NetworkOptions _options;
    private readonly EventLoop _events;
    private readonly ILogger _logger;
    private readonly LinkNames _names;
    private readonly HostTable _table;

    // Removing a link takes the kernel tens of milliseconds; connecting the next pod does not wait behind it.
    private readonly NamespaceWorker _attaching;
    private readonly NamespaceWorker _detaching;

    // And what somebody has done to the table is answered while both are busy.
    private readonly NamespaceWorker _firewall;
    private readonly PreparedNamespaces _prepared;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Allocation> _allocations = new(StringComparer.Ordinal);
    private readonly List<Allocation> _ending = [];
    private readonly CancellationTokenSource _stopping = new();
    private volatile AddressPool? _pool;
    private volatile ServiceRange? _services;
    private volatile ServiceRange? _servicesV6;
    private volatile IReadOnlyList<IPAddress> _hostAddresses = [];
    private HostForwarding? _forwarding;
    private int _mtu = DefaultMtu;
    private Task _watch = Task.CompletedTask;
    private Task _guard = Task.CompletedTask;
    private int _disposed;
    private int _replaced;

    /// <summary>Prepares a network; nothing is done before <see cref="StartAsync"/>.</summary>
    /// <param name="options">What the daemon has configured.</param>
    /// <param name="events">The daemon's event loop; it must outlive the network.</param>
    /// <param name="logger">Where to log.</param>
    /// <exception cref="NetworkException">An option cannot be used.</exception>
    public PodNetwork(NetworkOptions options, EventLoop events, ILogger<PodNetwork> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _events = events;
        _logger = logger;
        _names = new LinkNames(options.InstanceTag);
        _table = new HostTable(options, _names);
        AddressPool.Check(options.PodRange ?? NetworkOptions.DefaultPodRange, options.PodRangeV6);
        ServiceRangeClaim.Check(options);
        _attaching = new NamespaceWorker("network", options.HostNamespace);
        _detaching = new NamespaceWorker("network removal", options.HostNamespace);
        _firewall = new NamespaceWorker("firewall", options.HostNamespace);
        _prepared = new PreparedNamespaces(_attaching, options.PreparedNamespaces, Quiet, logger);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IPAddress> HostAddresses => _hostAddresses;

    /// <inheritdoc/>
    public string? NotReady => null;

    /// <inheritdoc/>
    public Action<string, string>? Troubled { get; set; }

    /// <summary>The range pods have their addresses from. Known after <see cref="StartAsync"/>.</summary>
    public IPNetwork PodRange => Pool.Range;

    /// <summary>The range of their IPv6 addresses; null when they have none.</summary>
    public IPNetwork? PodRangeV6 => Pool.RangeV6;

    /// <summary>The range Services have their addresses from. Known after <see cref="StartAsync"/>.</summary>
    public ServiceRange ServiceRange => _services ?? throw new InvalidOperationException("the pod network has not been started");

    /// <summary>The range of Services' IPv6 addresses; null when pods have none.</summary>
    public ServiceRange? ServiceRangeV6 => _servicesV6;

    internal LinkNames Names => _names;

    /// <summary>How many namespaces wait for pods.</summary>
    internal int Prepared => _prepared.Ready;

    /// <summary>The host's own IPv4 address in the pods' range.</summary>
    internal IPAddress HostEnd => Pool.HostAddress;

    /// <summary>All ranges that addresses are given from.</summary>
    internal IReadOnlyList<IPNetwork> Ranges => [Pool.Range, ServiceRange.Network, .. ((IPNetwork?[])[Pool.RangeV6, ServiceRangeV6?.Network]).OfType<IPNetwork>()];

    /// <summary>Whether an address is of the pods' ranges.</summary>
    internal bool IsPods(IPAddress address) => Pool.Range.Contains(address) || Pool.RangeV6?.Contains(address) == true;

    internal Insula.Linux.Descriptor? HostNamespace => _options.HostNamespace;

    private AddressPool Pool => _pool ?? throw new InvalidOperationException("the pod network has not been started");

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Opened before the first look, so that no change slips between.
        AddressMonitor addresses = await AtTheEdge(_attaching.RunAsync(AddressMonitor.Open)).ConfigureAwait(false);
        try
        {
            _watch = WatchAsync(await AtTheEdge(_attaching.RunAsync(Start)).ConfigureAwait(false));
        }
        catch
        {
            addresses.Dispose();
            throw;
        }

        _watchAddresses = WatchAddressesAsync(addresses);
        _guard = GuardAsync(_tables!);
        _prepared.Start();
    }

    /// <inheritdoc/>
    public async Task<Descriptor?> TakeNamespaceAsync() => await AtTheEdge(_prepared.TakeAsync()).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<PodAddresses> AttachAsync(string sandboxId, NetworkedPod pod, Descriptor networkNamespace, CancellationToken cancellationToken) =>
        AttachAsync(sandboxId, networkNamespace, cancellationToken);

    /// <summary>Connects a sandbox, of whichever pod.</summary>
    public async Task<PodAddresses> AttachAsync(string sandboxId, Descriptor networkNamespace, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(networkNamespace);
        if (!LinkAlias.IsSandboxId(sandboxId))
        {
            throw new ArgumentException($"a sandbox id is 1 to {LinkAlias.MaxSandboxId} printable ASCII characters without spaces", nameof(sandboxId));
        }

        cancellationToken.ThrowIfCancellationRequested();

        // Borrowed for the call, and the work may take longer.
        Descriptor own = networkNamespace.Duplicate();
        return await AtTheEdge(_attaching.RunAsync(() => AttachOwn(sandboxId, own))).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task DetachAsync(string sandboxId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await AtTheEdge(_attaching.RunAsync(() => Detach(sandboxId))).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes when the kernel has confirmed the end of every link detached before the call.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken) =>
        await AtTheEdge(_detaching.RunAsync(EndLinks)).WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task ReconcileAsync(IReadOnlySet<string> liveSandboxes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(liveSandboxes);
        cancellationToken.ThrowIfCancellationRequested();
        await AtTheEdge(_detaching.RunAsync(() => Reconcile(liveSandboxes, cancellationToken))).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public PodAddresses? Find(string sandboxId) =>
        _allocations.TryGetValue(sandboxId, out Allocation? allocation) && allocation is { Complete: true, Gone: false } ? allocation.Addresses : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, LinkTraffic>> ReadTrafficAsync()
    {
        IReadOnlyDictionary<string, LinkTraffic> links = await AtTheEdge(_attaching.RunAsync(() => _attaching.Routes.GetTraffic())).ConfigureAwait(false);
        Dictionary<string, LinkTraffic> sandboxes = new(StringComparer.Ordinal);
        foreach ((string id, Allocation allocation) in _allocations)
        {
            if (links.TryGetValue(allocation.Addresses.HostInterface, out LinkTraffic? traffic))
            {
                sandboxes[id] = traffic.OtherEnd;
            }
        }

        return sandboxes;
    }

    /// <inheritdoc/>
    public async Task StopAsync(bool remove, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_watch, _watchAddresses).ConfigureAwait(false);
        await _guard.ConfigureAwait(false);
        if (remove)
        {
            await AtTheEdge(_detaching.RunAsync(Remove)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Work in the host's namespace, with visits to others, for the check of the firewall.</summary>
    internal Task<T> OnHostAsync<T>(Func<NamespaceWorker, T> work) => AtTheEdge(_detaching.RunAsync(() => work(_detaching)));

    /// <summary>How often the table was made anew or put back, so that whatever was put into it may be gone.</summary>
    internal int Replaced => Volatile.Read(ref _replaced);

    /// <summary>The host's whole ruleset as JSON.</summary>
    internal string ListTables() => _table.List();

    /// <summary>Ends the network's threads; pods stay connected.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_watch, _watchAddresses).ConfigureAwait(false);
        await _guard.ConfigureAwait(false);
        await _prepared.DisposeAsync().ConfigureAwait(false);
        _attaching.Dispose();
        _detaching.Dispose();
        _firewall.Dispose();
        _foreignSocket?.Dispose();
        _guardSocket?.Dispose();
        _tables?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Kernel errors become the network's own at its edge; they name the request and the errno already.</summary>
    private static async Task<T> AtTheEdge<T>(Task<T> work)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (Exception e) when (e is NetlinkException or IOException)
        {
            throw new NetworkException($"pod network: {e.Message}", e);
        }
    }

    private static async Task AtTheEdge(Task work) => await AtTheEdge(Wrap(work)).ConfigureAwait(false);

    private static async Task<bool> Wrap(Task work)
    {
        await work.ConfigureAwait(false);
        return true;
    }

    private ForwardingMonitor Start()
    {
        // What is bound to fail is to fail before the host is touched.
        _table.Locate();
        RouteSocket routes = _attaching.Routes;
        AddressPool pool = RangeClaim.Take(routes, _names, _options);
        Failpoint.MayFail("network.start.range-claimed");
        Recover(routes, pool);
        _pool = pool;
        _services = ServiceRangeClaim.V4.Take(routes, pool.HostAddress, pool.Range, _options.ServiceRange, _options.ServiceAddresses);
        _servicesV6 = pool is { RangeV6: { } rangeV6, HostAddressV6: { } ownV6 } ? ServiceRangeClaim.V6.Take(routes, ownV6, rangeV6, _options.ServiceRangeV6, _options.ServiceAddresses) : null;
        Failpoint.MayFail("network.start.services-claimed");
        LearnHost(routes);
        _forwarding = new HostForwarding(new HostSettingsFile(_options.RunDirectory), _options.PodRangeV6 is not null);

        // The guard is in place before anything forwards, and the monitor before the first look, so that no change slips between.
        ForwardingMonitor monitor = ForwardingMonitor.Open();
        _tables = TableMonitor.Open(_names.Table);
        try
        {
            _closed = IsClosed();
            _forwarding.Refresh(routes, apply: false);
            ApplyTable();
            Failpoint.MayFail("network.start.table-applied");
            _forwarding.Refresh(routes, apply: true);
            Failpoint.Hit("network.start.forwarding");
        }
        catch
        {
            monitor.Dispose();
            _tables.Dispose();
            throw;
        }

        Log.Started(_logger, pool.Range, pool.HostAddress, _allocations.Count);
        return monitor;
    }

    private void Recover(RouteSocket routes, AddressPool pool)
    {
        HashSet<IPAddress> routed = [.. routes.GetRoutes(rtnetlink.AF_INET)
            .Where(r => r.Protocol == PodLink.Protocol && r.Destination.PrefixLength == 32).Select(r => r.Destination.BaseAddress)];
        foreach (LinkInfo link in routes.GetLinks().Where(l => _names.IsOurs(l.Name)))
        {
            LinkAlias? alias = LinkAlias.Parse(link.Alias);
            if (alias is null)
            {
                // Made by a daemon that ended before it could say for whom.
                PodLink.Delete(routes, [link.Name]);
                Log.Swept(_logger, link.Name);
                continue;
            }

            uint? slot = pool.SlotOf(alias.Addresses[0]);
            if (slot is not { } known || _names.Of(known) != link.Name || !pool.TryClaim(known))
            {
                throw new NetworkException(
                    $"the link {link.Name} ({link.Alias}) has an address that is not of the pod range {pool.Range}: configure the range it was made with, or remove it by \"ip link delete {link.Name}\"");
            }

            Allocation allocation = new(alias.SandboxId, known, link.Name, alias.Addresses)
            {
                Created = true,
                Complete = routed.Contains(alias.Addresses[0]),
            };
            if (!_allocations.TryAdd(alias.SandboxId, allocation))
            {
                PodLink.Disconnect(routes, alias.Addresses);
                PodLink.Delete(routes, [link.Name]);
                pool.Release(known);
                Log.Swept(_logger, link.Name);
            }
        }
    }

    private void ApplyTable(bool anew = false)
    {
        IReadOnlyList<string> guarded = _options.AllowForeignForwarding ? [] : _forwarding!.Guarded;
        Ruleset ruleset = new(_names, Pool.Range, Pool.HostAddress, ServiceRange.Network, Pool.RangeV6, Pool.HostAddressV6, ServiceRangeV6?.Network, guarded, Foreign());
        try
        {
            _table.Apply(anew ? ruleset.Replace(_closed) : ruleset.Update());
        }
        catch (NetworkException e) when (!anew)
        {
            // An older daemon's table, whose sets or chains are of another form. Until all that policies and Services need is in the new one,
            // pods are cut off.
            Log.Replacing(_logger, _names.Table, e.Message);
            _closed = HasContents;
            _table.Apply(ruleset.Replace(_closed));
            Interlocked.Increment(ref _replaced);
        }

        if (guarded.Count > 0)
        {
            Log.Guarding(_logger, string.Join(", ", guarded));
        }
    }

    private async Task WatchAsync(ForwardingMonitor monitor)
    {
        using (monitor)
        {
            bool missed = false;
            while (!_stopping.IsCancellationRequested)
            {
                try
                {
                    IReadOnlyList<ForwardingChange>? changes = missed ? null : await monitor.NextAsync(_events, _stopping.Token).ConfigureAwait(false);
                    await _firewall.RunAsync(() => Follow(changes)).ConfigureAwait(false);
                    missed = false;
                }
                catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
                {
                    // Asked to stop.
                }
                catch (Exception e)
                {
                    // Nobody awaits this loop while the daemon runs: what disturbs it has to be said here, and what was missed is looked at later.
                    Log.FollowingFailed(_logger, FollowAgain.TotalSeconds, e);
                    missed = true;
                    await Task.Delay(FollowAgain, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    private void Follow(IReadOnlyList<ForwardingChange>? changes)
    {
        RouteSocket routes = _firewall.Routes;
        if (changes is not null && !changes.Any(c => IsOfTheHost(routes, c)))
        {
            return;
        }

        if (_forwarding!.Refresh(routes, apply: false))
        {
            ApplyTable();
        }

        _forwarding.Refresh(routes, apply: true);
    }

    /// <summary>Every pod that comes is a new link, too; those are not looked at.</summary>
    private static bool IsOfTheHost(RouteSocket routes, ForwardingChange change) => change.Index == rtnetlink.NETCONFA_IFINDEX_ALL
        || (change.Index > 0 && !change.Forwarding && routes.FindLink(change.Index) is { } link && !LinkNames.IsAnyPods(link.Name));

    private void Remove()
    {
        RouteSocket routes = _detaching.Routes;
        LinkInfo[] links = [.. routes.GetLinks().Where(l => _names.IsOurs(l.Name))];
        foreach (LinkInfo link in links)
        {
            PodLink.Disconnect(routes, LinkAlias.Parse(link.Alias)?.Addresses ?? []);
        }

        PodLink.Delete(routes, [.. links.Select(l => l.Name)]);
        Failpoint.Hit("network.remove.links-removed");
        RouteBatch addresses = new();
        foreach (AddressInfo given in routes.GetAddresses(rtnetlink.AF_UNSPEC).Where(_names.IsBalancers))
        {
            addresses.DeleteAddress(given.Index, given.Address, Errno.EADDRNOTAVAIL);
        }

        routes.Execute(addresses);
        foreach (Allocation allocation in _allocations.Values)
        {
            ForgetConnections(allocation);
        }

        _allocations.Clear();

        // Forwarding ends before the guard that stands over it.
        _forwarding?.Restore(routes);
        Failpoint.Hit("network.remove.settings-restored");
        _table.Apply(Ruleset.Removal(_names));
        Failpoint.Hit("network.remove.table-removed");
        foreach (ServiceRange services in ((ServiceRange?[])[_services, _servicesV6]).OfType<ServiceRange>())
        {
            ServiceRangeClaim.Remove(routes, services);
        }

        if (_pool is { } pool)
        {
            RangeClaim.Remove(routes, pool);
        }
    }
}

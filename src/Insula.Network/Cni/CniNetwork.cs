using System.Collections.Concurrent;
using System.Net;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Netlink;
using Insula.Network.Host;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Cni;

/// <summary>
/// A pod network that plug-ins make (Container Network Interface). The built-in one stands beside it: it has the host's table, through which
/// Services lead, and the pods that were connected to it before the configuration changed. What was connected by plug-ins is given back by them, also
/// when none is configured any more.
/// </summary>
public sealed partial class CniNetwork : IPodNetwork, IAsyncDisposable
{
    // What one machine can be expected to bear of programs that change its network.
    private const int AtOnce = 8;

    private readonly CniOptions _options;
    private readonly PodNetwork _host;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly NamespaceWorker _worker;
    private readonly CniChain _chain;
    private readonly CniRecords _records;
    private readonly CniNamespaces _namespaces;
    private readonly KeyedGates _gates = new();
    private readonly SemaphoreSlim _adding = new(AtOnce, AtOnce);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _adds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _retries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _mine = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private Task _watch = Task.CompletedTask;
    private volatile string? _notReady;
    private volatile bool _takenUp;
    private int _disposed;

    /// <summary>Prepares a network; nothing is done before <see cref="StartAsync"/>.</summary>
    /// <param name="options">What the daemon has configured.</param>
    /// <param name="host">The built-in network, not started.</param>
    /// <param name="events">The daemon's event loop; it must outlive the network.</param>
    /// <param name="time">The time.</param>
    /// <param name="logger">Where to log.</param>
    public CniNetwork(CniOptions options, PodNetwork host, EventLoop events, TimeProvider time, ILogger<CniNetwork> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(host);
        (_options, _host, _time, _logger) = (options, host, time, logger);
        _worker = new NamespaceWorker("CNI", host.HostNamespace);
        _chain = new CniChain(new CniProcess(_worker, events, options.Deadline));
        _records = new CniRecords(options.StateDirectory);
        _namespaces = new CniNamespaces(options.NamespaceDirectory);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IPAddress> HostAddresses => _host.HostAddresses;

    /// <inheritdoc/>
    public string? NotReady => _notReady;

    /// <inheritdoc/>
    public Action<string, string>? Troubled { get; set; }

    private bool IsConfigured => _options.ConfigurationDirectory is not null;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await AtTheEdgeAsync("what is written down of CNI networks", () => Task.Run(_records.Load, CancellationToken.None)).ConfigureAwait(false);

        // Before the table is written: what an earlier daemon has let through goes on being let through.
        _host.ExpectForeign(_records.All.Where(a => !a.Ending).SelectMany(a => a.Result?.Addresses ?? []));
        await _host.StartAsync(cancellationToken).ConfigureAwait(false);
        if (IsConfigured)
        {
            Log.Configured(_logger, _options.ConfigurationDirectory!, _records.All.Count());
            _watch = WatchAsync();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Plug-ins are given a path by which they find the namespace later, too: that of the sandbox's.</remarks>
    public async Task<Descriptor?> TakeNamespaceAsync() => IsConfigured ? null : await _host.TakeNamespaceAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<PodAddresses> AttachAsync(string sandboxId, NetworkedPod pod, Descriptor networkNamespace, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(networkNamespace);
        cancellationToken.ThrowIfCancellationRequested();
        if (!IsConfigured && _records.Find(sandboxId) is null)
        {
            return await _host.AttachAsync(sandboxId, networkNamespace, cancellationToken).ConfigureAwait(false);
        }

        // Borrowed for the call, and the work may take longer.
        Descriptor own = networkNamespace.Duplicate();
        return await Task.Run(() => AtTheEdgeAsync($"sandbox {sandboxId} cannot be connected", () => AttachAsync(sandboxId, pod, own)), CancellationToken.None)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task DetachAsync(string sandboxId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_adds.TryGetValue(sandboxId, out CancellationTokenSource? add))
        {
            await add.CancelAsync().ConfigureAwait(false);
        }

        if (IsConfigured || _records.Find(sandboxId) is not null)
        {
            await Task.Run(() => AtTheEdgeAsync($"sandbox {sandboxId} cannot be disconnected", () => DetachAsync(sandboxId)), CancellationToken.None)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        await _host.DetachAsync(sandboxId, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task ReconcileAsync(IReadOnlySet<string> liveSandboxes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(liveSandboxes);
        _takenUp = true;
        await _host.ReconcileAsync(liveSandboxes, cancellationToken).ConfigureAwait(false);
        foreach (CniAttachment attachment in _records.All.ToArray())
        {
            if (!liveSandboxes.Contains(attachment.SandboxId))
            {
                RetryLater(attachment.SandboxId, TimeSpan.Zero);
            }
            else if (!attachment.Ending)
            {
                _ = CheckAsync(attachment);
            }
        }
    }

    /// <inheritdoc/>
    public PodAddresses? Find(string sandboxId) => _records.Find(sandboxId) switch
    {
        null => _host.Find(sandboxId),
        { Ending: false, Result: { } result } attachment => AddressesOf(attachment, result),
        _ => null,
    };

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, LinkTraffic>> ReadTrafficAsync()
    {
        Dictionary<string, LinkTraffic> all = new(await _host.ReadTrafficAsync().ConfigureAwait(false), StringComparer.Ordinal);
        foreach (CniAttachment attachment in _records.All.Where(a => a is { Ending: false, Result: not null }))
        {
            if (await _worker.RunAsync(() => TrafficOf(attachment)).ConfigureAwait(false) is { } traffic)
            {
                all[attachment.SandboxId] = traffic;
            }
        }

        return all;
    }

    /// <inheritdoc/>
    public async Task StopAsync(bool remove, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([_watch, .. _retries.Values]).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (remove)
        {
            // What cannot be given back now stays written down for the next daemon.
            foreach (CniAttachment attachment in _records.All.ToArray())
            {
                await Task.Run(() => LastTryAsync(attachment.SandboxId), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        await _host.StopAsync(remove, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the network's thread; pods stay connected.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([_watch, .. _retries.Values]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _worker.Dispose();
    }

    private static PodAddresses AddressesOf(CniAttachment attachment, CniResult result) => new()
    {
        SandboxId = attachment.SandboxId,
        Addresses = result.Addresses,
        HostInterface = "",
        Dns = result.Dns,
        LimitsBandwidth = attachment.List.Has(CniCapabilities.Bandwidth),
    };

    private async Task LastTryAsync(string sandboxId)
    {
        using IDisposable turn = await _gates.EnterAsync(sandboxId).ConfigureAwait(false);
        await TryEndAsync(sandboxId).ConfigureAwait(false);
    }

    private LinkTraffic? TrafficOf(CniAttachment attachment)
    {
        try
        {
            using Descriptor pod = Descriptor.Open(_namespaces.PathOf(attachment.SandboxId), Insula.Linux.LibC.fcntl.O_RDONLY);
            using RouteSocket inside = _worker.Visit(pod, RouteSocket.Open);
            return inside.GetTraffic().GetValueOrDefault(attachment.Interface);
        }
        catch (IOException)
        {
            // It is ending just now.
            return null;
        }
    }

    private static async Task<T> AtTheEdgeAsync<T>(string what, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is CniException or NetlinkException or IOException or UnauthorizedAccessException)
        {
            throw new NetworkException($"{what}: {e.Message}", e);
        }
        catch (OperationCanceledException e)
        {
            throw new NetworkException($"{what}: it was asked to end meanwhile", e);
        }
    }

    private static async Task AtTheEdgeAsync(string what, Func<Task> work) => await AtTheEdgeAsync(what, async () =>
    {
        await work().ConfigureAwait(false);
        return true;
    }).ConfigureAwait(false);
}

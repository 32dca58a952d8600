using System.Globalization;
using System.Net;
using Insula.Dns;
using Insula.Dns.Control;
using Insula.Dns.Serving;
using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Events;
using Insula.Linux.Kernel;
using Insula.Network.Services;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Dns.Cluster;

/// <summary>
/// The cluster's DNS: a server in a process of its own that goes on with what it knows when the daemon is away. Here it is found or started,
/// told of every change, started again when it dies, and replaced by a new one of another version. Its sockets are held here, too: what
/// comes to them while there is no server waits for the next.
/// </summary>
public sealed partial class ClusterDns : IClusterDns, IAsyncDisposable
{
    private static readonly TimeSpan _shortestRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _longestRetry = TimeSpan.FromSeconds(10);

    private readonly ClusterDnsOptions _options;
    private readonly PodNetwork _network;
    private readonly CgroupTree _cgroups;
    private readonly EventLoop _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<DnsProcess> _old = [];
    private DnsPlace? _place;
    private DnsStarter? _starter;
    private HostUpstreams? _upstreams;
    private ClusterZone? _zone;
    private IReadOnlyList<IPEndPoint> _asked = [];
    private Descriptor? _datagrams;
    private Descriptor? _streams;
    private DnsProcess? _current;
    private volatile string? _trouble = "it has not been started yet";
    private volatile int _short;
    private TimeSpan _retry = _shortestRetry;
    private Task _running = Task.CompletedTask;

    /// <summary>Prepares it; nothing is done before <see cref="StartAsync"/>.</summary>
    public ClusterDns(ClusterDnsOptions options, PodNetwork network, CgroupTree cgroups, EventLoop events, TimeProvider time, ILogger<ClusterDns> logger)
    {
        (_options, _network, _cgroups, _events, _time, _logger) = (options, network, cgroups, events, time, logger);
    }

    /// <inheritdoc/>
    public string Domain => _options.Domain;

    /// <summary>What pods are told. Known after the network's start.</summary>
    public ClusterDnsInfo Info => new(_options.Address ?? _network.ServiceRange.At(ClusterDnsInfo.DefaultOffset), Domain);

    /// <inheritdoc/>
    public IReadOnlyList<FrontendTargets> Frontends => [Frontend("UDP", _datagrams), Frontend("TCP", _streams)];

    /// <summary>Finds the server of an earlier daemon, or has one started. Of its table nothing is changed before the first <see cref="Set"/>.</summary>
    /// <exception cref="NetworkException">There can be none; pods would ask in vain.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        try
        {
            var own = _network.HostEnd;
            _zone = new ClusterZone(Info, _network.Ranges);
            _upstreams = new HostUpstreams(_options.ResolvConf, [Info.Address, own]);
            Open();
            await AdoptAsync(own, ct).ConfigureAwait(false);
            if (_datagrams is null)
            {
                (_datagrams, _streams) = await _network.OnHostAsync(_ => (BoundSocket.Datagrams(own), BoundSocket.Streams(own))).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            throw new NetworkException($"the cluster's DNS: {e.Message}", e);
        }

        _running = RunAsync();
    }

    /// <inheritdoc/>
    public void Set(IReadOnlyDictionary<string, IReadOnlyList<NamedRecord>> changes, bool whole)
    {
        ArgumentNullException.ThrowIfNull(changes);
        lock (_lock)
        {
            if (whole)
            {
                _zone!.SetAll(changes);
                _known.TrySetResult();
            }
            else
            {
                foreach (var (owner, records) in changes)
                {
                    _zone!.Set(owner, records);
                }
            }
        }

        Wake();
    }

    /// <summary>One line of <c>system check</c>.</summary>
    public Task<KernelFeature> CheckAsync(CancellationToken ct) => Task.FromResult(new KernelFeature(
        "cluster DNS", _trouble is null && _short == 0, Required: false,
        _trouble is { } trouble ? $"not served: {trouble}"
        : _short > 0 ? string.Create(CultureInfo.InvariantCulture, $"{_short} names are not served, or not with all their records: there is no room for more than {DnsLimits.TableSize / 2 >> 20} MiB of names, and {DnsLimits.NameSize >> 20} MiB of one")
        : $"{Info.Address}, {Domain}, served by {_current}", "names of Services, and for pods with dnsPolicy ClusterFirst all names"));

    /// <summary>Ends all servers and removes what is theirs: nobody is left who would ask them.</summary>
    public async Task EndAsync(CancellationToken ct)
    {
        await StopAsync().ConfigureAwait(false);
        Open();

        // A server listens to who came last.
        HangUp();
        foreach (var found in await _starter!.FindAsync(ct).ConfigureAwait(false))
        {
            using (found)
            {
                await found.EndAsync(ct).ConfigureAwait(false);
            }
        }

        await _cgroups.RemoveAsync(DnsStarter.Group, _longestRetry, ct).ConfigureAwait(false);
        _place!.Remove();
    }

    /// <summary>Leaves the server alone; it goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        HangUp();
        _datagrams?.Dispose();
        _streams?.Dispose();
        _upstreams?.Dispose();
        _place?.Dispose();
        _changed.Dispose();
        _stopping.Dispose();
    }

    private FrontendTargets Frontend(string protocol, Descriptor? socket) => new(
        new(Info.Address.ToString(), protocol, ClusterDnsInfo.Port), FrontendKind.ServiceAddress,
        [Target.Of(BoundSocket.EndOf(socket!) ?? throw new InvalidOperationException("the DNS server's socket is not bound"))], null);

    private void Open()
    {
        _place ??= DnsPlace.Open(_options.RunDirectory);
        _starter ??= new DnsStarter(_options, _place, _cgroups, _events);
    }

    private void HangUp()
    {
        _current?.Dispose();
        _old.ForEach(o => o.Dispose());
        _old.Clear();
        _current = null;
    }

    /// <summary>The latest server of this version is the one; the others serve until it does. Sockets of any are the ones to go on with.</summary>
    private async Task AdoptAsync(IPAddress own, CancellationToken ct)
    {
        var build = _starter!.Build();
        foreach (var found in await _starter.FindAsync(ct).ConfigureAwait(false))
        {
            var isHere = found.Sockets.All(s => own.Equals(BoundSocket.EndOf(s)?.Address));
            if (isHere && _datagrams is null)
            {
                (_datagrams, _streams) = (found.Sockets[0].Duplicate(), found.Sockets[1].Duplicate());
            }

            if (isHere && _current is null && found.Build.AsSpan().SequenceEqual(build))
            {
                _current = found;
                LogFound(found.Process.Pid);
            }
            else
            {
                _old.Add(found);
            }
        }
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _current ??= await _starter!.StartAsync(_datagrams!, _streams!, _stopping.Token).ConfigureAwait(false);

                // A living server keeps what it knows until everything is known here.
                await _known.Task.WaitAsync(_stopping.Token).ConfigureAwait(false);
                await FeedAsync(_current, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NetworkException or IOException or InvalidDataException)
            {
                _trouble = e.Message;
                LogAgain(e.Message);
                await LoseAsync(isLasting: e is NetworkException).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Gives a server the table, and then every change; until it ends.</summary>
    private async Task FeedAsync(DnsProcess server, CancellationToken ct)
    {
        using var feeding = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var ended = server.Process.WaitForExitAsync(_events, feeding.Token);
        var upstreams = _upstreams!.ChangedAsync(_events, feeding.Token);
        var changed = _changed.WaitAsync(feeding.Token);
        try
        {
            await BeginAsync(server, ct).ConfigureAwait(false);
            while (true)
            {
                await Task.WhenAny(changed, ended, upstreams).ConfigureAwait(false);
                ct.ThrowIfCancellationRequested();
                if (ended.IsCompleted)
                {
                    throw new IOException($"{server} has ended");
                }

                if (changed.IsCompleted)
                {
                    changed = _changed.WaitAsync(feeding.Token);
                }

                IReadOnlyList<byte[]> packets = Locked(z => z.HasChanged ? z.Changes() : []);
                if (upstreams.IsCompleted)
                {
                    await upstreams.ConfigureAwait(false);
                    upstreams = _upstreams.ChangedAsync(_events, feeding.Token);
                    packets = [.. packets, Upstreams()];
                }

                await ChangeHealthAsync(server, ct).ConfigureAwait(false);
                if (packets.Count > 0)
                {
                    await server.CommitAsync(packets, ct).ConfigureAwait(false);
                    NoteShort();
                }
            }
        }
        finally
        {
            // Each of these has one who waits at a time: the next server's.
            await feeding.CancelAsync().ConfigureAwait(false);
            foreach (var waiting in (Task[])[ended, upstreams, changed])
            {
                await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task BeginAsync(DnsProcess server, CancellationToken ct)
    {
        await BeginHealthAsync(server, ct).ConfigureAwait(false);
        await server.CommitAsync([.. Locked(z => z.Whole()), Upstreams()], ct).ConfigureAwait(false);
        NoteShort();
        server.Leash?.Dispose();
        (server.Leash, _trouble, _retry) = (null, null, _shortestRetry);
        LogServing(server.Process.Pid, Locked(z => z.Count));
        Failpoint.Hit("dns.start.served");
        await EndOldAsync(ct).ConfigureAwait(false);
    }

    private void NoteShort()
    {
        var now = Locked(z => z.Short);
        if (now > 0 && _short == 0)
        {
            LogShort(now);
        }

        _short = now;
    }

    private byte[] Upstreams()
    {
        try
        {
            _asked = _upstreams!.Read();
            LogAsked(_asked.Count > 0 ? string.Join(", ", _asked) : "nobody");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Those that were asked before are the best guess.
            LogUnreadable(_options.ResolvConf, e.Message);
        }

        return ControlText.Upstreams(_asked);
    }

    /// <summary>The server is dead, or as good as that. One that cannot be started is tried again, not at once in a loop.</summary>
    private async Task LoseAsync(bool isLasting)
    {
        if (_current is { } lost)
        {
            _current = null;
            using (lost)
            {
                lost.Process.Signal(9);
                await DnsProcess.EndAsync(lost.Process, _events, _shortestRetry, _stopping.Token).ConfigureAwait(false);
            }

            _place!.Forget(lost.Number);
        }

        if (isLasting)
        {
            await Task.Delay(_retry, _time, _stopping.Token).ConfigureAwait(false);
            _retry = _retry * 2 < _longestRetry ? _retry * 2 : _longestRetry;
        }
    }

    private async Task EndOldAsync(CancellationToken ct)
    {
        foreach (var old in _old)
        {
            await old.StopAsync(ct).ConfigureAwait(false);
            _place!.Forget(old.Number);
            old.Dispose();
        }

        _old.Clear();
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    private T Locked<T>(Func<ClusterZone, T> read)
    {
        lock (_lock)
        {
            return read(_zone!);
        }
    }

    private void Wake()
    {
        lock (_lock)
        {
            if (_changed.CurrentCount == 0)
            {
                _changed.Release();
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "the DNS server of an earlier daemon goes on as process {Pid}")]
    private partial void LogFound(int pid);

    [LoggerMessage(2, LogLevel.Information, "process {Pid} serves {Count} names")]
    private partial void LogServing(int pid, int count);

    [LoggerMessage(5, LogLevel.Warning, "{File} cannot be read, and who is asked for other names stays as it was: {Reason}")]
    private partial void LogUnreadable(string file, string reason);

    [LoggerMessage(4, LogLevel.Information, "for other names {Upstreams} is asked")]
    private partial void LogAsked(string upstreams);

    [LoggerMessage(7, LogLevel.Error, "there is no room for all names: {Count} or more are not served, or not with all their records; delete Services, or make those with many pods headless no longer")]
    private partial void LogShort(int count);

    [LoggerMessage(3, LogLevel.Warning, "the DNS server is started again: {Reason}")]
    private partial void LogAgain(string reason);
}

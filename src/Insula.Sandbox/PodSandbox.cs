using System.Threading.Channels;

using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;
using Insula.Sandbox.Attach;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Exec;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox;

/// <summary>A living sandbox: the connection to its shim and what is known of its containers. All members may be called
/// from any thread.</summary>
public sealed class PodSandbox : IAsyncDisposable
{
    // Every exit belongs to a container somebody started and not yet removed, so this many are never waiting.
    private const int EventCapacity = 4096;
    private const int KillSignal = 9;

    private readonly SandboxContext _context;
    private readonly SandboxRecord _record;
    private readonly ShimClient _client;
    private readonly ContainerTable _containers = new();
    private readonly ExecRegistry _execs = new();
    private readonly ContainerRunner _runner;
    private readonly ExecRunner _execRunner;
    private readonly AttachRunner _attachRunner;
    private readonly Channel<SandboxEvent> _events = Channel.CreateBounded<SandboxEvent>(
        new BoundedChannelOptions(EventCapacity) { SingleReader = true });

    private readonly CancellationTokenSource _closing = new();
    private PidFd? _shim;
    private Descriptor? _network;
    private readonly Lock _hugePages = new();
    private Descriptor? _mounts;
    private Task _watch = Task.CompletedTask;
    private int _lost;
    private int _disposed;

    private PodSandbox(string id, SandboxContext context, SandboxRecord record, SeqPacketSocket socket)
    {
        Id = id;
        _context = context;
        _record = record;
        _client = new ShimClient(socket, context.Events, context.Time, context.Log, OnMessage, OnLost);
        _runner = new ContainerRunner(id, context, record, _client, _containers);
        _execRunner = new ExecRunner(context, record, _client, _execs);
        _attachRunner = new AttachRunner(context, _client, _containers);
    }

    /// <summary>The sandbox's id.</summary>
    public string Id { get; }

    /// <summary>The shim's process id.</summary>
    public int ShimPid => _shim?.Pid ?? throw new InvalidOperationException("the sandbox is not connected");

    /// <summary>The ids of the pod's user namespace; null when it is the host's.</summary>
    public UserIdRange? UserIds => _record.UserIds;

    /// <summary>The pod's network namespace; the sandbox's own descriptor, do not dispose.</summary>
    public Descriptor NetworkNamespace => _network ?? throw new InvalidOperationException("the sandbox is not connected");

    /// <summary>The containers the shim holds, running or ended and not yet removed: a snapshot, kept up to date.</summary>
    public IReadOnlyList<ContainerState> Containers => _containers.Snapshot();

    /// <summary>What happens unasked, in order. After an adoption it begins with the exits nobody has removed yet. An exit
    /// may arrive before <see cref="StartAsync"/> of the same container returns. Completes after
    /// <see cref="SandboxEvent.ShimDied"/> or when the sandbox is let go.</summary>
    public ChannelReader<SandboxEvent> Events => _events.Reader;

    internal PidFd? Shim => _shim;

    internal bool IsLost => Volatile.Read(ref _lost) != 0;

    /// <summary>Starts a container; when this returns its program has been exec'd.</summary>
    /// <param name="spec">What to start. Descriptors in it stay the caller's.</param>
    /// <param name="ct">Gives up waiting; the container is then ended and removed.</param>
    /// <exception cref="LaunchException">A step failed; nothing of the container remains.</exception>
    /// <exception cref="SandboxException">The id is taken, or the shim does not answer.</exception>
    public Task<StartedContainer> StartAsync(ContainerSpec spec, CancellationToken ct) => _runner.StartAsync(spec, ct);

    /// <summary>Sends a signal to a container's first process.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="signal">The kernel's signal number.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">The container is not running.</exception>
    public Task SignalAsync(string containerId, int signal, CancellationToken ct) => _runner.SignalAsync(containerId, signal, ct);

    /// <summary>Ends every process of a container at once. The exit arrives as an event. A shim that keeps the exit to
    /// itself and answers nothing either, hung or stopped, is ended too: its death is the event then.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">Processes are stuck; the message names them.</exception>
    public async Task KillAsync(string containerId, CancellationToken ct)
    {
        await _runner.KillAsync(containerId, ct).ConfigureAwait(false);
        try
        {
            await _containers.WhenEnded(containerId).WaitAsync(_context.Options.RequestTimeout, _context.Time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await EndHungShimAsync(ct).ConfigureAwait(false);
        }
        catch (SandboxException) when (IsLost)
        {
            // The shim's death has been told already.
        }
    }

    /// <summary>Forgets an ended container and removes its cgroup and its writable layer. A running one is ended first. Idempotent.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">Something is stuck; the message says what.</exception>
    public Task RemoveAsync(string containerId, CancellationToken ct) => _runner.RemoveAsync(containerId, ct);

    /// <summary>Runs a command in a running container with streams to this process.</summary>
    /// <param name="spec">What to run.</param>
    /// <param name="ct">Gives up waiting for the start.</param>
    /// <exception cref="LaunchException">A step failed, for example there is no such program.</exception>
    public Task<ExecSession> ExecAsync(ExecSpec spec, CancellationToken ct) => _execRunner.StartAsync(spec, merged: false, ct);

    /// <summary>Takes part in the streams of a running container.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="output">Whether its standard output, or what its terminal shows, is wanted.</param>
    /// <param name="error">Whether its standard error is wanted.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LaunchException">It does not run, or its shim is of a version that cannot do that (<c>EOPNOTSUPP</c>).</exception>
    public Task<ContainerAttachment> AttachAsync(string containerId, bool output, bool error, CancellationToken ct) =>
        _attachRunner.StartAsync(containerId, output, error, ct);

    /// <summary>Runs a command without standard input to its end, keeping the first bytes of its output. On the timeout
    /// its whole tree is ended before this returns.</summary>
    /// <param name="spec">What to run; its stream choices are ignored.</param>
    /// <param name="timeout">How long it may run.</param>
    /// <param name="maximumOutputBytes">How much of the output, standard output and error together, is kept; the rest is read and dropped.</param>
    /// <param name="ct">Ends the command early.</param>
    /// <exception cref="LaunchException">A step failed, for example there is no such program.</exception>
    public Task<ExecOutcome> RunAsync(ExecSpec spec, TimeSpan timeout, int maximumOutputBytes, CancellationToken ct) =>
        _execRunner.RunAsync(spec, timeout, maximumOutputBytes, ct);

    /// <summary>Changes the limits of a running container.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="settings">The new limits.</param>
    public void ApplyLimits(string containerId, CgroupSettings settings)
    {
        SandboxId.Check("container", containerId);
        _context.Cgroups.Apply(_runner.CgroupOf(containerId), settings);
    }

    /// <summary>Changes the limits of the pod as a whole.</summary>
    /// <param name="settings">The new limits.</param>
    public void ApplyLimits(CgroupSettings settings)
    {
        // On v1 no group may have more time than the one above it, and that of a container that has ended stays for a moment.
        foreach (var ended in settings.CpuQuotaMicroseconds is > 0 ? Containers.Where(container => !container.IsRunning) : [])
        {
            try
            {
                _context.Cgroups.Apply(_runner.CgroupOf(ended.Id), new CgroupSettings { CpuQuotaMicroseconds = -1 });
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENODEV)
            {
                // It has just been removed.
            }
        }

        _context.Cgroups.Apply(_record.CgroupParent, settings);
    }

    /// <summary>Whether the kernel holds the pod as a whole to limits.</summary>
    /// <param name="settings">The limits.</param>
    public bool Holds(CgroupSettings settings) => _context.Cgroups.Holds(_record.CgroupParent, settings);

    /// <summary>Whether the kernel holds a container to limits.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="settings">The limits.</param>
    public bool Holds(string containerId, CgroupSettings settings)
    {
        SandboxId.Check("container", containerId);
        return _context.Cgroups.Holds(_runner.CgroupOf(containerId), settings);
    }

    /// <summary>Counters of the pod as a whole.</summary>
    public CgroupStats ReadStats() => _context.Cgroups.ReadStats(_record.CgroupParent);

    /// <summary>Counters of a container.</summary>
    /// <param name="containerId">The container.</param>
    public CgroupStats ReadStats(string containerId)
    {
        SandboxId.Check("container", containerId);
        return _context.Cgroups.ReadStats(_runner.CgroupOf(containerId));
    }

    /// <summary>How often the kernel killed a container's processes for want of memory, or refused them a fork.</summary>
    /// <param name="containerId">The container.</param>
    public CgroupEvents ReadEvents(string containerId)
    {
        SandboxId.Check("container", containerId);
        return _context.Cgroups.ReadEvents(_runner.CgroupOf(containerId));
    }

    /// <summary>Opens a directory or file of a memory volume as a detached mount, resolved without leaving the volume.</summary>
    /// <param name="volume">The volume's name.</param>
    /// <param name="subPath">A relative path in it, whose missing directories are made; empty for the volume itself.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LinuxException">The path leads out of the volume, or something on the way is no directory.</exception>
    public Task<Descriptor> OpenMemoryVolumeAsync(string volume, string subPath, CancellationToken ct)
    {
        var mounts = _mounts ?? throw new InvalidOperationException("the sandbox is not connected");
        return MemoryVolumePath.OpenAsync(mounts, volume, subPath, UserIds?.First ?? 0).WaitAsync(ct);
    }

    /// <summary>
    /// The same of a volume in huge pages, which is mounted when it is first asked for: by the daemon, since no plan of a shim has words for it, and over a memory volume,
    /// since what a sandbox is made with has its place from the start. Nobody is in there before.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <param name="subPath">A relative path in it, whose missing directories are made; empty for the volume itself.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LinuxException">The kernel has no such pages, or the path leads out of the volume.</exception>
    public Task<Descriptor> OpenHugePagesAsync(HugePageVolume volume, string subPath, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var mounts = _mounts ?? throw new InvalidOperationException("the sandbox is not connected");
        var owner = UserIds?.First ?? 0;
        return MemoryVolumePath.OpenAsync(mounts, volume.Name, subPath, owner, () =>
        {
            lock (_hugePages)
            {
                MemoryVolumePath.Cover(volume, owner);
            }
        }).WaitAsync(ct);
    }

    /// <summary>Image layers upon each other as a detached mount, read-only, with the ids of the pod's user namespace.</summary>
    /// <param name="layers">Absolute directories on the host below <see cref="SandboxSpec.LayersDirectory"/>, uppermost first; at least two.</param>
    /// <param name="layersDirectory">That directory.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public Task<Descriptor> OpenLayersAsync(IReadOnlyList<string> layers, string layersDirectory, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var mounts = _mounts ?? throw new InvalidOperationException("the sandbox is not connected");
        return MemoryVolumePath.OverlayAsync(mounts, [.. layers.Select(layer => $"{PodPaths.LayersDirectory}/{Path.GetRelativePath(layersDirectory, layer)}")]).WaitAsync(ct);
    }

    /// <summary>Lets go of the shim without ending anything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Interlocked.Exchange(ref _lost, 1);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        Finish("the sandbox was let go");
        _events.Writer.TryComplete();
        _shim?.Dispose();
        _network?.Dispose();
        _mounts?.Dispose();
        _closing.Dispose();
    }

    /// <summary>Connects over a socket, sets a new sandbox up or finds out what an old one holds.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="context">What sandboxes share.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="socket">Connected to the shim; the sandbox's from here on.</param>
    /// <param name="setUp">Has the shim make the namespaces; null when they exist.</param>
    /// <param name="ct">Gives up.</param>
    internal static async Task<PodSandbox> ConnectAsync(
        string id,
        SandboxContext context,
        SandboxRecord record,
        SeqPacketSocket socket,
        Func<ShimClient, Task>? setUp,
        CancellationToken ct)
    {
        var sandbox = new PodSandbox(id, context, record, socket);
        try
        {
            await sandbox.TakeUpAsync(setUp, ct).ConfigureAwait(false);
            return sandbox;
        }
        catch
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>It is being destroyed: the end of its parts is no news any more.</summary>
    internal void BeginEnd() => Interlocked.Exchange(ref _lost, 1);

    /// <summary>Asks the shim to end itself once no container lives.</summary>
    internal async Task StopShimAsync(CancellationToken ct)
    {
        foreach (var container in Containers)
        {
            await _containers.WhenEnded(container.Id).WaitAsync(_context.Options.RequestTimeout, _context.Time, ct).ConfigureAwait(false);
        }

        using var answer = await _client.CallAsync("shim", ["stop"], [], _context.Options.RequestTimeout, ct).ConfigureAwait(false);
    }

    private async Task TakeUpAsync(Func<ShimClient, Task>? setUp, CancellationToken ct)
    {
        var timeout = _context.Options.RequestTimeout;
        var pid = await _client.HelloAsync(timeout, ct).ConfigureAwait(false);
        // The number is the shim's as long as it lives, and it answers after the descriptor was opened: so that one is the shim's too.
        _shim = PidFd.Open(pid);
        if (setUp is not null)
        {
            await setUp(_client).ConfigureAwait(false);
        }

        using (var namespaces = await _client.CallAsync("shim", ["namespaces"], [], timeout, ct).ConfigureAwait(false))
        {
            var names = namespaces.Words.ToList();
            _network = namespaces.Take(names.IndexOf("net"));
            _mounts = namespaces.Take(names.IndexOf("mnt"));
        }

        if (setUp is null)
        {
            await TakeOverAsync(ct).ConfigureAwait(false);
        }

        _watch = WatchShimAsync(_shim);
    }

    private async Task EndHungShimAsync(CancellationToken ct)
    {
        try
        {
            using var list = await _client.CallAsync("shim", ["list"], [], _context.Options.RequestTimeout, ct).ConfigureAwait(false);
        }
        catch (SandboxException e) when (!IsLost && _shim is { } shim)
        {
            SandboxLog.ShimHung(_context.Log, Id, e.Message);
            shim.Signal(KillSignal);
        }
    }

    // What an earlier daemon started.
    private async Task TakeOverAsync(CancellationToken ct)
    {
        using var list = await _client.CallAsync("shim", ["list"], [], _context.Options.RequestTimeout, ct).ConfigureAwait(false);
        foreach (var entry in list.Entries.Where(entry => !entry.IsExec))
        {
            // One that is only being launched has no time yet; no event will tell when its program was exec'd.
            var startedAt = entry.StartedAt == DateTimeOffset.UnixEpoch ? _context.Time.GetUtcNow() : entry.StartedAt;
            _containers.Found(entry.Id, entry.Pid, startedAt, IdentityFile.Read(_context.Options, Id, entry.Id));
            if (entry.Exit is { } exit)
            {
                OnExited(entry.Id, entry.Pid, exit);
            }
        }

        foreach (var entry in list.Entries.Where(entry => entry.IsExec))
        {
            var exec = _execs.FindOrAdd(entry.Id);
            if (entry.Gone)
            {
                exec.Gone.TrySetResult();
            }
        }

        await _runner.SweepAsync(Containers.Select(container => container.Id).ToHashSet(StringComparer.Ordinal), ct).ConfigureAwait(false);
        await _execRunner.EndInheritedAsync(Containers.Select(container => container.Id), ct).ConfigureAwait(false);
    }

    private async Task WatchShimAsync(PidFd shim)
    {
        try
        {
            await shim.WaitForExitAsync(_context.Events, _closing.Token).ConfigureAwait(false);
            OnLost("its process has ended");
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Let go, or the daemon ends: the shim lives on and nothing is lost.
            SandboxLog.ShimUnwatched(_context.Log, Id);
        }
    }

    private void OnMessage(ShimMessage message)
    {
        switch (message)
        {
            case ShimMessage.Exited exited:
                OnExited(exited.ContainerId, exited.Pid, new ShimExit(exited.Code, exited.Signal, exited.FinishedAt));
                break;
            case ShimMessage.ExecExited exited:
                _execs.Exited(exited);
                break;
            case ShimMessage.ExecGone gone:
                _execs.FindOrAdd(gone.ExecId).Gone.TrySetResult();
                break;
            case ShimMessage.InitExited exited:
                OnLost($"the pod's PID 1 ended with code {exited.Code}, signal {exited.Signal}");
                break;
            case ShimMessage.LogLost lost:
                // Nobody needs each of these: when the reader is that far behind, exits go first.
                if (_events.Reader.Count < EventCapacity / 2)
                {
                    _events.Writer.TryWrite(new SandboxEvent.LogLost(lost.ContainerId, lost.Lines, lost.Bytes));
                }

                break;
        }
    }

    private void OnExited(string containerId, int pid, ShimExit exit)
    {
        var told = new ContainerExit(
            exit.Signal == 0 ? exit.Code : 128 + exit.Signal,
            exit.Signal,
            exit.FinishedAt,
            _runner.WasOomKilled(containerId));
        if (!_containers.Exited(containerId, pid, told))
        {
            return;
        }

        _ = _runner.EndLeftoversAsync(containerId);
        if (!_events.Writer.TryWrite(new SandboxEvent.ContainerExited(containerId, told)))
        {
            OnLost("more events than can be kept wait to be read");
        }
    }

    private void OnLost(string reason)
    {
        if (Interlocked.Exchange(ref _lost, 1) != 0)
        {
            return;
        }

        SandboxLog.ShimLost(_context.Log, Id, reason);
        Finish($"the shim of sandbox '{Id}' is lost: {reason}");
        _events.Writer.TryWrite(new SandboxEvent.ShimDied(reason));
        _events.Writer.TryComplete();
    }

    private void Finish(string reason)
    {
        _containers.Fail(reason);
        _execs.Fail(reason);
    }
}

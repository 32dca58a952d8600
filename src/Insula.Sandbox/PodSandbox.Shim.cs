using Insula.Linux.Processes;
using Insula.Linux.Sockets;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox;

/// <content>The connection to the shim: how it is taken up, what arrives over it, and its end.</content>
public sealed partial class PodSandbox
{
    private const int KillSignal = 9;

    /// <summary>Connects over a socket, sets a new sandbox up or finds out what an old one holds.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="context">What sandboxes share.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="socket">Connected to the shim; the sandbox's from here on.</param>
    /// <param name="setUp">Has the shim make the namespaces, and tells of which container the place was made meanwhile; null when they exist.</param>
    /// <param name="ct">Gives up.</param>
    internal static async Task<PodSandbox> ConnectAsync(
        string id,
        SandboxContext context,
        SandboxRecord record,
        SeqPacketSocket socket,
        Func<ShimClient, Task<ExpectedContainer?>>? setUp,
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

    private async Task TakeUpAsync(Func<ShimClient, Task<ExpectedContainer?>>? setUp, CancellationToken ct)
    {
        var timeout = _context.Options.RequestTimeout;
        var pid = await _client.HelloAsync(timeout, ct).ConfigureAwait(false);
        // The number is the shim's as long as it lives, and it answers after the descriptor was opened: so that one is the shim's too.
        _shim = PidFd.Open(pid);
        if (setUp is not null)
        {
            _runner.Expect(await setUp(_client).ConfigureAwait(false));
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

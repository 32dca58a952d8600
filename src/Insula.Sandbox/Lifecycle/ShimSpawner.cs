using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

using Insula.Linux;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;
using Insula.Sandbox.Exec;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Spawns shims and reaps those that are this daemon's children.</summary>
internal sealed class ShimSpawner(SandboxContext context, Descriptor program) : IAsyncDisposable
{
    private const int Kill = 9;

    private readonly CancellationTokenSource _closing = new();
    private readonly ForkServer _forks = new(context, program);

    // By the number of the process; by a negative one of our own, what is left of a start that was given up.
    private readonly ConcurrentDictionary<int, Task> _reaping = [];
    private int _lastLate;
    private int _disposed;

    /// <summary>Makes the socket, spawns a shim that listens on it and connects.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="directory">Its run directory.</param>
    /// <param name="group">The cgroup2 directory in which the shim is born; null without one.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<SeqPacketSocket> SpawnAsync(string id, Descriptor directory, Descriptor? group, CancellationToken ct)
    {
        using (var listener = SeqPacketSocket.Listen(directory, SandboxPlace.SocketName))
        {
            var pid = await (group is null ? StartShimAsync(listener.Descriptor) : StartShimInAsync(id, listener.Descriptor, group, ct)).ConfigureAwait(false);
            _reaping[pid] = ReapAsync(id, pid);
            Failpoint.MayFail("sandbox.shim.unrecorded");
            RecordPid(directory, pid);
            Failpoint.MayFail("sandbox.shim.recorded");
        }

        // The daemon's copy of the listener is closed: if the shim dies now, connecting or greeting fails at once.
        return SeqPacketSocket.Connect(directory, SandboxPlace.SocketName);
    }

    /// <summary>Has the program try whether a user namespace can be made and a directory be idmapped into it.</summary>
    /// <returns>Null when it can; otherwise the step that failed.</returns>
    public async Task<string?> TryUserNamespaceAsync(string directory, CancellationToken ct)
    {
        const int Longest = 4096;
        var (read, write) = Descriptor.Pipe();
        await using var told = new DescriptorStream(read, context.Events, FileAccess.Read);
        ChildProcess child;
        using (write)
        {
            child = Linux.Processes.Spawn.Start(new SpawnRequest
            {
                Executable = program,
                Arguments = ["insula-shim", "check-userns", directory],
                Descriptors = [null, null, write],
            });
        }

        using (child)
        {
            try
            {
                var output = new OutputBuffer(Longest);
                await output.ReadAsync(told, ct).ConfigureAwait(false);
                var status = await child.WaitAsync(context.Events, ct).ConfigureAwait(false);
                var text = Encoding.UTF8.GetString(output.Kept.Span).Trim();
                return status.ShellCode == 0 ? null : text.Length > 0 ? text : $"insula-shim check-userns ended with code {status.ShellCode}";
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                child.PidFd.Signal(Kill);
                _reaping[child.Pid] = ReapAsync("check-userns", child.Pid);
                throw;
            }
        }
    }

    /// <summary>Kills a shim by the record of its number, for one that neither answers nor is in its cgroup yet.</summary>
    public static void KillRecorded(Descriptor directory)
    {
        if (SandboxPlace.TryRead(directory, SandboxPlace.PidName) is not { } bytes
            || Encoding.ASCII.GetString(bytes).Split(' ') is not [var pid, var start]
            || !int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return;
        }

        using var shim = PidFd.TryOpen(number);
        // Opened first, compared afterwards: if the start time is the recorded one, the descriptor is the shim's.
        if (shim is not null && ProcessStat.Read(number) is { } stat
            && stat.StartTime.ToString(CultureInfo.InvariantCulture) == start)
        {
            shim.Signal(Kill);
        }
    }

    /// <summary>Stops waiting for the children; they live on and are adopted by the next daemon.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _forks.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_reaping.Values).ConfigureAwait(false);
        _closing.Dispose();
    }

    // On another thread: to spawn from a process of many threads holds its own up until the new one has another program.
    private Task<int> StartShimAsync(Descriptor listener) => Task.Run(() => Linux.Processes.Spawn.StartUnheld(new SpawnRequest
    {
        Executable = program,
        Arguments = ["insula-shim", "supervise"],
        Descriptors = [null, null, null, listener],
        NewSession = true,
    }));

    // Nothing here gives the request up before its answer: a shim whose number nobody knows would be reaped by nobody.
    private async Task<int> StartShimInAsync(string id, Descriptor listener, Descriptor group, CancellationToken ct)
    {
        var starting = ForkAsync(id, listener, group);
        try
        {
            return await starting.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            var late = Interlocked.Decrement(ref _lastLate);
            _reaping[late] = EndLateAsync(id, late, starting);
            throw;
        }
    }

    private async Task<int> ForkAsync(string id, Descriptor listener, Descriptor directory)
    {
        // The caller's may be closed before the request is sent.
        using var ownListener = listener.Duplicate();
        using var ownGroup = directory.Duplicate();
        try
        {
            return await _forks.ForkAsync(id, ownListener, ownGroup).ConfigureAwait(false);
        }
        catch (SandboxException e) when (e is not LaunchException && !_closing.IsCancellationRequested)
        {
            // The server has ended, perhaps between making a shim and telling its number: in the group is nothing else.
            var group = SandboxPlace.ShimCgroupOf(id);
            var born = context.Cgroups.ReadProcesses(group);
            foreach (var late in born)
            {
                _reaping[late] = ReapAsync(id, late);
            }

            if (born.Count > 0)
            {
                throw;
            }

            // Or it is a program of an earlier version, which knows no such thing. The way without it takes longer.
            SandboxLog.ForkServerUnused(context.Log, id, e.Message);
            var pid = await StartShimAsync(ownListener).ConfigureAwait(false);
            try
            {
                context.Cgroups.Join(group, pid);
                return pid;
            }
            catch (LinuxException)
            {
                _reaping[pid] = ReapAsync(id, pid);
                throw;
            }
        }
    }

    private async Task EndLateAsync(string id, int late, Task<int> starting)
    {
        await Task.Yield();
        try
        {
            var pid = await starting.ConfigureAwait(false);
            using var shim = await PidFd.OpenChildAsync(pid, _closing.Token).ConfigureAwait(false);
            shim.Signal(Kill); // nobody else knows of it
            _reaping[pid] = ReapAsync(id, pid);
        }
        catch (Exception e) when (e is SandboxException or LinuxException or OperationCanceledException or ObjectDisposedException)
        {
            SandboxLog.ShimUnwatched(context.Log, id); // there is none, or the daemon ends
        }

        _reaping.TryRemove(late, out _);
    }

    /// <summary>Records a shim for <see cref="KillRecorded"/>: by its number and its start time, which no later process has both.</summary>
    public static void RecordPid(Descriptor directory, int pid)
    {
        var start = ProcessStat.Read(pid)?.StartTime ?? 0;
        SandboxPlace.Write(directory, SandboxPlace.PidName, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid} {start}")));
    }

    private async Task ReapAsync(string id, int pid)
    {
        // Off the caller's thread, so that the registration is in place before it is removed.
        await Task.Yield();
        try
        {
            using var shim = await PidFd.OpenChildAsync(pid, _closing.Token).ConfigureAwait(false);
            await shim.WaitForExitAsync(context.Events, _closing.Token).ConfigureAwait(false);
            if (shim.TryReap() is { } status)
            {
                SandboxLog.ShimReaped(context.Log, id, pid, status.Code, status.Signal);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            SandboxLog.ShimUnwatched(context.Log, id);
        }

        _reaping.TryRemove(pid, out _);
    }
}

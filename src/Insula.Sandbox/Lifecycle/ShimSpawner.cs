using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Spawns shims and reaps those that are this daemon's children.</summary>
internal sealed class ShimSpawner(SandboxContext context, ShimProgram program) : IAsyncDisposable
{
    // Descriptors 0–2 are /dev/null, 3 is the listening socket; nothing else is open in a shim.
    private const int FirstFree = 3;

    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<int, Task> _reaping = [];

    /// <summary>Makes the socket, spawns a shim that listens on it and connects.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="directory">Its run directory.</param>
    public SeqPacketSocket Spawn(string id, Descriptor directory)
    {
        using (var listener = SeqPacketSocket.Listen(directory, SandboxPlace.SocketName))
        {
            var descriptors = new Descriptor?[FirstFree + 1];
            descriptors[FirstFree] = listener.Descriptor;
            var shim = Linux.Processes.Spawn.Start(new SpawnRequest
            {
                Executable = program.Executable,
                Arguments = ["insula-shim", "supervise"],
                Descriptors = descriptors,
                NewSession = true,
            });
            _reaping[shim.Pid] = ReapAsync(id, shim);
            RecordPid(directory, shim.Pid);
        }

        // The daemon's copy of the listener is closed: if the shim dies now, connecting or greeting fails at once.
        return SeqPacketSocket.Connect(directory, SandboxPlace.SocketName);
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
            shim.Signal(9);
        }
    }

    /// <summary>Stops waiting for the children; they live on and are adopted by the next daemon.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_reaping.Values).ConfigureAwait(false);
        _closing.Dispose();
    }

    private static void RecordPid(Descriptor directory, int pid)
    {
        var start = ProcessStat.Read(pid)?.StartTime ?? 0;
        AtomicFile.Write(directory, SandboxPlace.PidName, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid} {start}")));
    }

    private async Task ReapAsync(string id, ChildProcess shim)
    {
        using (shim)
        {
            // Off the caller's thread, so that the registration below is in place before it is removed.
            await Task.Yield();
            try
            {
                var status = await shim.WaitAsync(context.Events, _closing.Token).ConfigureAwait(false);
                SandboxLog.ShimReaped(context.Log, id, shim.Pid, status.Code, status.Signal);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                SandboxLog.ShimUnwatched(context.Log, id);
            }

            _reaping.TryRemove(shim.Pid, out _);
        }
    }
}

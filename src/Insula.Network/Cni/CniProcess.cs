using System.Text;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Linux.Memory;
using Insula.Linux.Processes;
using Insula.Network.Host;

namespace Insula.Network.Cni;

/// <summary>Runs plug-ins as children in the host's network namespace, each for so long and with so much output as it may have.</summary>
/// <param name="host">A thread that lives in that namespace.</param>
/// <param name="events">The daemon's event loop.</param>
/// <param name="deadline">How long one may take.</param>
internal sealed class CniProcess(NamespaceWorker host, EventLoop events, TimeSpan deadline) : ICniRunner
{
    /// <summary>The most that a plug-in may write to its standard output, in bytes.</summary>
    public const int MostOutput = 1 << 20;

    private const int MostError = 1 << 16;
    private const string Marker = "INSULA_CNI_CALL";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<CniOutput> RunAsync(string program, IReadOnlyList<string> environment, string input, CancellationToken ct)
    {
        string marker = $"{Marker}={Guid.NewGuid():n}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(deadline);
        try
        {
            using Descriptor stdin = SealedMemFd.Create("cni", Encoding.UTF8.GetBytes(input));
            (Descriptor outRead, Descriptor outWrite) = Descriptor.Pipe();
            (Descriptor errorRead, Descriptor errorWrite) = Descriptor.Pipe();
            using (outRead)
            using (errorRead)
            {
                ChildProcess child = await StartAsync(program, [.. environment, marker], stdin, outWrite, errorWrite).ConfigureAwait(false);
                Task<ExitStatus> exit = child.WaitAsync(events, CancellationToken.None);
                try
                {
                    return await ListenAsync(child, exit, marker, outRead, errorRead, limit.Token, ct).ConfigureAwait(false);
                }
                finally
                {
                    // One that cannot be ended is reaped whenever it does end.
                    _ = exit.ContinueWith(_ => child.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }
        }
        catch (LinuxException e)
        {
            throw new CniException($"{program} cannot be run: {e.Message}", e);
        }
    }

    private async Task<ChildProcess> StartAsync(string program, IReadOnlyList<string> environment, Descriptor input, Descriptor output, Descriptor error)
    {
        // Ours are closed, so that the pipes end with the last of the plug-in's own.
        using (output)
        using (error)
        {
            return await host.RunAsync(() => Spawn.Start(new SpawnRequest
            {
                Path = program,
                Arguments = [program],
                Environment = environment,
                Descriptors = [input, output, error],
                NewSession = true,
            })).ConfigureAwait(false);
        }
    }

    private async Task<CniOutput> ListenAsync(
        ChildProcess child, Task<ExitStatus> exit, string marker, Descriptor output, Descriptor error, CancellationToken limit, CancellationToken asked)
    {
        // What it has started may hold the pipes for longer than it lives: the end of the plug-in is the end of what it says.
        using var ended = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit);
        Task<string> said = ReadAsync(output, MostOutput, () => stop.Cancel(), ended.Token);
        Task<string> complaint = ReadAsync(error, MostError, null, ended.Token);
        Task stopped = Task.Delay(Timeout.Infinite, stop.Token);
        bool isStopped = await Task.WhenAny(exit, stopped).ConfigureAwait(false) != exit;
        bool isGone = true;
        if (isStopped)
        {
            isGone = KillTree(child, marker);
            await ((Task)exit).WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isGone &= exit.IsCompleted;
        }

        await ended.CancelAsync().ConfigureAwait(false);
        string text = await said.ConfigureAwait(false);
        string why = JsonReading.Printable(await complaint.ConfigureAwait(false));
        if (isStopped)
        {
            string became = isGone ? "was ended" : $"cannot be ended: the process {child.Pid}, or one that it has started, hangs in the kernel";
            if (isGone)
            {
                asked.ThrowIfCancellationRequested();
            }

            throw new CniException(limit.IsCancellationRequested && !asked.IsCancellationRequested
                ? $"it did not answer within {deadline.TotalSeconds:0.#} s and {became}{(why.Length > 0 ? $": {why}" : "")}"
                : asked.IsCancellationRequested ? $"it is not wanted any more and {became}" : $"it writes more than {MostOutput} bytes and {became}");
        }

        return new CniOutput((await exit.ConfigureAwait(false)).ShellCode, text, why);
    }

    private async Task<string> ReadAsync(Descriptor pipe, int most, Action? tooMuch, CancellationToken ended)
    {
        NonBlocking.Enable(pipe);
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        while (true)
        {
            int count = NonBlocking.TryRead(pipe, buffer);
            if (count == 0)
            {
                break;
            }

            if (count > 0)
            {
                if (all.Length + count > most)
                {
                    tooMuch?.Invoke();
                    tooMuch = null;
                }
                else
                {
                    all.Write(buffer, 0, count);
                }
            }
            else if (ended.IsCancellationRequested)
            {
                break;
            }
            else
            {
                await events.WaitReadableAsync(pipe, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }

    /// <summary>False when somebody of it is still there.</summary>
    private static bool KillTree(ChildProcess child, string marker)
    {
        // Its session first, which it leads; then whoever has left that, as long as more appear.
        _ = Insula.Linux.LibC.signal.kill(-child.Pid, Insula.Linux.LibC.signal.SIGKILL);
        child.PidFd.Signal(Insula.Linux.LibC.signal.SIGKILL);
        return CniStragglers.Kill(marker);
    }
}

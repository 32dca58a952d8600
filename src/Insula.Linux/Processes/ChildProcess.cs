using Insula.Linux.Events;

namespace Insula.Linux.Processes;

/// <summary>A child of this process.</summary>
public sealed class ChildProcess : IDisposable
{
    internal ChildProcess(PidFd pidFd) => PidFd = pidFd;

    /// <summary>The process number.</summary>
    public int Pid => PidFd.Pid;

    /// <summary>The child by descriptor.</summary>
    public PidFd PidFd { get; }

    /// <summary>Waits for the child's end and reaps it. To be called once.</summary>
    public async Task<ExitStatus> WaitAsync(EventLoop loop, CancellationToken cancellationToken = default)
    {
        await PidFd.WaitForExitAsync(loop, cancellationToken).ConfigureAwait(false);
        return PidFd.TryReap() ?? throw new InvalidOperationException($"Process {Pid} is reported as ended, but still runs.");
    }

    /// <summary>Closes the pidfd. A child that still runs, runs on.</summary>
    public void Dispose() => PidFd.Dispose();
}

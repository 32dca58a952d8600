using System.Runtime.InteropServices;
using Insula.Linux.Events;
using Insula.Linux.LibC;

namespace Insula.Linux.Processes;

/// <summary>A process held by descriptor, so that its number cannot come to mean another one: pidfd_open(2).</summary>
public sealed class PidFd : IDisposable
{
    private static readonly TimeSpan ShortageDelay = TimeSpan.FromMilliseconds(100);

    private PidFd(int pid, Descriptor descriptor)
    {
        Pid = pid;
        Descriptor = descriptor;
    }

    /// <summary>The number in this process' PID namespace.</summary>
    public int Pid { get; }

    /// <summary>The pidfd; readable when the process has ended.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>Opens a living process (or one not yet reaped).</summary>
    /// <exception cref="LinuxException">ESRCH when there is none.</exception>
    public static PidFd Open(int pid) => TryOpen(pid) ?? throw new LinuxException("pidfd_open", $"{pid}", Errno.ESRCH);

    /// <summary>Opens a process, or returns null when there is none. Compare <see cref="ProcessStat"/>'s start time afterwards when the number came from a record.</summary>
    public static PidFd? TryOpen(int pid)
    {
        var result = sys_pidfd.pidfd_open(pid, 0);
        if (result < 0 && Marshal.GetLastPInvokeError() == (int)Errno.ESRCH)
        {
            return null;
        }

        return new PidFd(pid, Descriptor.FromResult(result, "pidfd_open", $"{pid}"));
    }

    /// <summary>Opens a child that nobody has waited for, when descriptors can be had: until then its number stays its own, dead or alive.</summary>
    public static Task<PidFd> OpenChildAsync(int pid, CancellationToken cancellationToken) => WhenThereIsRoomAsync(() => Open(pid), cancellationToken);

    /// <summary>Wraps a pidfd that came from elsewhere (clone3, a socket).</summary>
    public static PidFd FromDescriptor(int pid, Descriptor descriptor) => new(pid, descriptor);

    /// <summary>Sends a signal.</summary>
    /// <returns>False when the process has ended already.</returns>
    public bool Signal(int signal)
    {
        if (sys_pidfd.pidfd_send_signal(Descriptor, signal) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == (int)Errno.ESRCH
            ? false
            : throw LinuxException.FromLastError("pidfd_send_signal", $"{Pid}");
    }

    /// <summary>Completes when the process has ended. Works for any process, not only for children, and by any number of waiters.</summary>
    public async Task WaitForExitAsync(EventLoop loop, CancellationToken cancellationToken = default)
    {
        // A descriptor of its own, since the loop allows one waiter for each.
        using var mine = await WhenThereIsRoomAsync(() => Descriptor.Duplicate(), cancellationToken).ConfigureAwait(false);
        await loop.WaitReadableAsync(mine, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reaps a child that has ended: waitid(P_PIDFD).</summary>
    /// <returns>How it ended, or null when it still runs.</returns>
    /// <exception cref="LinuxException">ECHILD when it is not a child of this process or was reaped already.</exception>
    public unsafe ExitStatus? TryReap()
    {
        var info = default(sys_wait.siginfo_t);
        while (sys_wait.waitid(sys_wait.P_PIDFD, Descriptor.Value, &info, sys_wait.WEXITED | sys_wait.WNOHANG) != 0)
        {
            if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                throw LinuxException.FromLastError("waitid", $"{Pid}");
            }
        }

        if (info.si_pid == 0)
        {
            return null;
        }

        return info.si_code == sys_wait.CLD_EXITED ? new ExitStatus(info.si_status, 0) : new ExitStatus(0, info.si_status);
    }

    /// <summary>Closes the descriptor; the process is not touched.</summary>
    public void Dispose() => Descriptor.Dispose();

    // Who does not wait does not reap: a shortage of descriptors must not leave a dead child for ever.
    private static async Task<T> WhenThereIsRoomAsync<T>(Func<T> open, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return open();
            }
            catch (LinuxException e) when (e.Errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM)
            {
                await Task.Delay(ShortageDelay, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}

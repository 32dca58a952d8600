using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
#pragma warning disable CS1591

/// <summary>sys/pidfd.h: pidfd_open(2), pidfd_send_signal(2).</summary>
public static partial class sys_pidfd
{
    public static int pidfd_open(int pid, uint flags) =>
        (int)sys_syscall.syscall(sys_syscall.SYS_pidfd_open, pid, (nint)flags, 0, 0, 0);

    public static int pidfd_send_signal(SafeHandle pidfd, int signal) =>
        (int)sys_syscall.syscall_fd(sys_syscall.SYS_pidfd_send_signal, pidfd, signal, 0, 0);
}

using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>sys/wait.h: waitid(2).</summary>
public static unsafe partial class sys_wait
{
    public const int P_PID = 1;
    public const int P_PIDFD = 3;
    public const int WNOHANG = 1;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x1000000;
    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int type, int id, siginfo_t* info, int options);

    /// <summary>siginfo_t as SIGCHLD fills it, 128 bytes.</summary>
    public struct siginfo_t
    {
        public int si_signo;
        public int si_errno;
        public int si_code;
        private readonly int _pad;
        public int si_pid;
        public uint si_uid;
        public int si_status;
        private fixed int _rest[25];
    }
}

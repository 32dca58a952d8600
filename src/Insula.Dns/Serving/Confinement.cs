using System.Runtime.InteropServices;
using Insula.Linux;
using Insula.Linux.LibC;
using Insula.Linux.Seccomp;

namespace Insula.Dns.Serving;

/// <summary>Gives up what a server does not need: files, rights, and all system calls but a few.</summary>
public static unsafe class Confinement
{
    private const int SECCOMP_SET_MODE_FILTER = 1;
    private const int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private const int InstructionLength = 8;

    // One for each connection and each question on its way, and some.
    private const int MostDescriptors = 64 + DnsLimits.Forwards + DnsLimits.Connections + DnsLimits.HealthPorts + DnsLimits.HealthConnections;

    // What is left: on descriptors that are there, for sockets to other servers, and what the runtime itself needs.
    private static readonly string[] _calls =
    [
        "accept4", "brk", "clock_gettime", "clock_nanosleep", "close", "connect", "epoll_ctl", "epoll_wait", "epoll_pwait", "exit", "exit_group", "futex",
        "getpid", "getrandom", "getsockopt", "gettid", "listen", "madvise", "membarrier", "mmap", "mprotect", "munmap", "nanosleep", "recvfrom", "recvmsg",
        "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield", "sendmsg", "sendto", "sigaltstack", "tgkill", "write",
    ];

    /// <summary>The filter of system calls, for who compiles it.</summary>
    public static SeccompProfile Profile => new()
    {
        DefaultAction = SeccompAction.Fail(Errno.EPERM),
        Rules =
        [
            new(SeccompAction.Allow, _calls),
            new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.Equal, sys_socket.AF_INET)]),
            new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.Equal, sys_socket.AF_INET6)]),
        ],
    };

    /// <summary>Enters it; there is no way back.</summary>
    /// <param name="filter">A compiled filter of system calls.</param>
    /// <param name="user">The user and group to be from now on.</param>
    /// <exception cref="LinuxException">The kernel refuses a step; nothing may be served then.</exception>
    public static void Enter(Descriptor filter, uint user)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var program = filter.ReadToEnd();
        fixed (byte* name = "insula-dns\0"u8)
        {
            // It was executed by a descriptor, whose number would be its name.
            Check(sys_prctl.prctl(sys_prctl.PR_SET_NAME, (nuint)name, 0, 0, 0), "prctl PR_SET_NAME");
        }

        // The working directory is an empty one; no descriptor leads out of it.
        Check(unistd.chroot("."), "chroot");
        Check(unistd.setgroups(0, null), "setgroups");
        Check(unistd.setresgid(user, user, user), "setresgid");
        Check(unistd.setresuid(user, user, user), "setresuid");
        Check(sys_prctl.prctl(sys_prctl.PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl PR_SET_DUMPABLE");
        Limit(sys_resource.RLIMIT_NOFILE, MostDescriptors);
        Limit(sys_resource.RLIMIT_FSIZE, 0);
        Limit(sys_resource.RLIMIT_CORE, 0);
        Check(sys_prctl.prctl(sys_prctl.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
        fixed (byte* instructions = program)
        {
            var prog = new sock_fprog { len = (ushort)(program.Length / InstructionLength), filter = instructions };

            // Together with no_new_privs for the runtime's other threads, too.
            if (sys_syscall.syscall(sys_syscall.SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, (nint)(&prog), 0, 0) != 0)
            {
                throw LinuxException.FromLastError("seccomp");
            }
        }
    }

    private static void Limit(int resource, nuint most)
    {
        var limit = new sys_resource.rlimit { rlim_cur = most, rlim_max = most };
        Check(sys_resource.setrlimit(resource, &limit), "setrlimit");
    }

    private static void Check(int result, string operation)
    {
        if (result != 0)
        {
            throw LinuxException.FromLastError(operation);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct sock_fprog
    {
        public ushort len;
        public byte* filter;
    }
}

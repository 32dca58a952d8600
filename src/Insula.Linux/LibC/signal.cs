using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>signal.h: the signals by number and the opaque sigset_t.</summary>
public static unsafe partial class signal
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;
    public const int SIG_SETMASK = 2;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sigemptyset(sigset_t* set);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sigaddset(sigset_t* set, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sigfillset(sigset_t* set);

    /// <summary>The mask of the calling thread. Returns the error instead of setting errno.</summary>
    [LibraryImport("libc")]
    public static partial int pthread_sigmask(int how, sigset_t* set, sigset_t* old);

    /// <summary>sigset_t of glibc and musl: 1024 bits.</summary>
    public struct sigset_t
    {
        private fixed ulong _bits[16];
    }
}

using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>sys/epoll.h and sys/eventfd.h.</summary>
public static unsafe partial class sys_epoll
{
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const uint EPOLLIN = 1;
    public const uint EPOLLPRI = 2;
    public const uint EPOLLOUT = 4;
    public const uint EPOLLERR = 8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLONESHOT = 1u << 30;
    public const uint EPOLLET = 1u << 31;
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;

    // struct epoll_event is packed (12 bytes) on x86-64 and naturally aligned (16 bytes) elsewhere.
    private static readonly bool _packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Bytes of one struct epoll_event.</summary>
    public static int EventSize => _packed ? 12 : 16;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_ctl(SafeHandle epfd, int op, int fd, byte* ev);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(SafeHandle epfd, byte* events, int maxEvents, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    /// <summary>Writes a struct epoll_event at <paramref name="target"/>.</summary>
    public static void WriteEvent(byte* target, uint events, ulong data)
    {
        *(uint*)target = events;
        *(ulong*)(target + EventSize - 8) = data;
    }

    /// <summary>Reads the struct epoll_event at <paramref name="source"/>.</summary>
    public static (uint Events, ulong Data) ReadEvent(byte* source) => (*(uint*)source, *(ulong*)(source + EventSize - 8));
}

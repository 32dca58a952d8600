using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
#pragma warning disable CS1591

/// <summary>sys/syscall.h: calls that glibc does not wrap, with the numbers of this architecture.</summary>
public static unsafe partial class sys_syscall
{
    // From 424 on, numbers are the same on every architecture.
    public const nint SYS_pidfd_send_signal = 424;
    public const nint SYS_open_tree = 428;
    public const nint SYS_move_mount = 429;
    public const nint SYS_fsopen = 430;
    public const nint SYS_fsconfig = 431;
    public const nint SYS_fsmount = 432;
    public const nint SYS_pidfd_open = 434;
    public const nint SYS_clone3 = 435;
    public const nint SYS_close_range = 436;
    public const nint SYS_openat2 = 437;
    public const nint SYS_mount_setattr = 442;

    private static readonly bool _arm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static nint SYS_bpf => _arm64 ? 280 : 321;

    public static nint SYS_getdents64 => _arm64 ? 61 : 217;

    public static nint SYS_seccomp => _arm64 ? 277 : 317;

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint syscall_getdents64(nint number, SafeHandle fd, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint syscall_bpf(nint number, nint command, void* attributes, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint syscall_openat2(nint number, SafeHandle dirfd, string path, fcntl.open_how* how, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall_openat2(nint number, SafeHandle dirfd, byte* path, fcntl.open_how* how, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall_fd(nint number, SafeHandle fd, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint syscall_path(nint number, SafeHandle dirfd, string path, nint flags, void* argument, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint syscall_two_paths(nint number, SafeHandle fromdirfd, string from, SafeHandle todirfd, string to, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint syscall_name(nint number, string name, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint syscall_fsconfig(nint number, SafeHandle fd, nint command, string? key, string? value, nint aux);
}

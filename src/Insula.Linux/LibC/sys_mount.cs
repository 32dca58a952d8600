using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>sys/mount.h and linux/mount.h: mount(2), umount2(2) and the descriptor-based calls open_tree(2), move_mount(2), mount_setattr(2), fsopen(2).</summary>
public static unsafe partial class sys_mount
{
    public const ulong MS_RDONLY = 1;
    public const ulong MS_NOSUID = 2;
    public const ulong MS_NODEV = 4;
    public const ulong MS_NOEXEC = 8;
    public const ulong MS_REMOUNT = 32;
    public const ulong MS_BIND = 4096;
    public const ulong MS_REC = 16384;
    public const ulong MS_PRIVATE = 1 << 18;
    public const ulong MS_SLAVE = 1 << 19;
    public const ulong MS_SHARED = 1 << 20;

    public const int MNT_FORCE = 1;
    public const int MNT_DETACH = 2;
    public const int UMOUNT_NOFOLLOW = 8;

    public const uint OPEN_TREE_CLONE = 1;
    public const uint OPEN_TREE_CLOEXEC = 0x80000;
    public const uint MOVE_MOUNT_F_EMPTY_PATH = 4;
    public const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    public const uint FSOPEN_CLOEXEC = 1;
    public const uint FSMOUNT_CLOEXEC = 1;
    public const uint FSCONFIG_SET_FLAG = 0;
    public const uint FSCONFIG_SET_STRING = 1;
    public const uint FSCONFIG_CMD_CREATE = 6;

    public const ulong MOUNT_ATTR_RDONLY = 1;
    public const ulong MOUNT_ATTR_NOSUID = 2;
    public const ulong MOUNT_ATTR_NODEV = 4;
    public const ulong MOUNT_ATTR_NOEXEC = 8;
    public const ulong MOUNT_ATTR_NOATIME = 0x10;
    public const ulong MOUNT_ATTR_IDMAP = 0x100000;
    public const ulong MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int umount2(string target, int flags);

    public static int open_tree(SafeHandle dirfd, string path, uint flags) =>
        (int)sys_syscall.syscall_path(sys_syscall.SYS_open_tree, dirfd, path, (nint)flags, null, 0);

    public static int move_mount(SafeHandle fromdirfd, string from, SafeHandle todirfd, string to, uint flags) =>
        (int)sys_syscall.syscall_two_paths(sys_syscall.SYS_move_mount, fromdirfd, from, todirfd, to, (nint)flags);

    public static int mount_setattr(SafeHandle dirfd, string path, uint flags, mount_attr* attributes) =>
        (int)sys_syscall.syscall_path(sys_syscall.SYS_mount_setattr, dirfd, path, (nint)flags, attributes, (nuint)sizeof(mount_attr));

    public static int fsopen(string type, uint flags) =>
        (int)sys_syscall.syscall_name(sys_syscall.SYS_fsopen, type, (nint)flags);

    public static int fsconfig(SafeHandle fd, uint command, string? key, string? value, int aux) =>
        (int)sys_syscall.syscall_fsconfig(sys_syscall.SYS_fsconfig, fd, (nint)command, key, value, aux);

    public static int fsmount(SafeHandle fd, uint flags, uint attributes) =>
        (int)sys_syscall.syscall_fd(sys_syscall.SYS_fsmount, fd, (nint)flags, (nint)attributes, 0);

    /// <summary>struct mount_attr of mount_setattr(2).</summary>
    public struct mount_attr
    {
        public ulong attr_set;
        public ulong attr_clr;
        public ulong propagation;
        public ulong userns_fd;
    }
}

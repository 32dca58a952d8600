using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>sys/stat.h: statx(2) (the one struct that is equal on every architecture), modes, mknod(2).</summary>
public static unsafe partial class sys_stat
{
    public const uint S_IFMT = 0xF000;
    public const uint S_IFSOCK = 0xC000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFIFO = 0x1000;

    public const uint STATX_BASIC_STATS = 0x7ff;
    public const uint STATX_MNT_ID = 0x1000;

    public const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(SafeHandle dirfd, string path, int flags, uint mask, statx_t* result);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdirat(SafeHandle dirfd, string path, uint mode);

    /// <summary>mknodat(2); the device is encoded by <see cref="makedev"/>.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mknodat(SafeHandle dirfd, string path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchmod(SafeHandle fd, uint mode);

    /// <summary>fchmodat(2); <c>AT_SYMLINK_NOFOLLOW</c> fails with ENOTSUP on links.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fchmodat(SafeHandle dirfd, string path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int utimensat(SafeHandle dirfd, string path, timespec* times, int flags);

    [LibraryImport("libc")]
    public static partial uint umask(uint mask);

    /// <summary>The device number of a major and a minor, as glibc's makedev(3) builds it.</summary>
    public static ulong makedev(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    public struct timespec
    {
        public long tv_sec;
        public long tv_nsec;
    }

    public struct statx_timestamp
    {
        public long tv_sec;
        public uint tv_nsec;
        private readonly int _reserved;
    }

    /// <summary>struct statx, 256 bytes.</summary>
    public struct statx_t
    {
        public uint stx_mask;
        public uint stx_blksize;
        public ulong stx_attributes;
        public uint stx_nlink;
        public uint stx_uid;
        public uint stx_gid;
        public ushort stx_mode;
        private readonly ushort _spare0;
        public ulong stx_ino;
        public ulong stx_size;
        public ulong stx_blocks;
        public ulong stx_attributes_mask;
        public statx_timestamp stx_atime;
        public statx_timestamp stx_btime;
        public statx_timestamp stx_ctime;
        public statx_timestamp stx_mtime;
        public uint stx_rdev_major;
        public uint stx_rdev_minor;
        public uint stx_dev_major;
        public uint stx_dev_minor;
        public ulong stx_mnt_id;
        private fixed ulong _spare[13];
    }
}

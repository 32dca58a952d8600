using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>sys/vfs.h: statfs(2), for the kind of a file system and its free space.</summary>
public static unsafe partial class sys_vfs
{
    public const long CGROUP_SUPER_MAGIC = 0x27e0eb;
    public const long CGROUP2_SUPER_MAGIC = 0x63677270;
    public const long TMPFS_MAGIC = 0x01021994;
    public const long PROC_SUPER_MAGIC = 0x9fa0;
    public const long HUGETLBFS_MAGIC = 0x958458f6;
    public const long OVERLAYFS_SUPER_MAGIC = 0x794c7630;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fstatfs(SafeHandle fd, statfs_t* result);

    /// <summary>struct statfs of 64-bit architectures.</summary>
    public struct statfs_t
    {
        public long f_type;
        public long f_bsize;
        public ulong f_blocks;
        public ulong f_bfree;
        public ulong f_bavail;
        public ulong f_files;
        public ulong f_ffree;
        public long f_fsid;
        public long f_namelen;
        public long f_frsize;
        public long f_flags;
        private fixed long _spare[4];
    }
}

using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649, IDE0044

/// <summary>sys/quota.h: quotactl_fd(2), and of linux/fs.h the attributes of files that quotas by project go by (ioctl_fs_fsgetxattr).</summary>
public static unsafe class sys_quota
{
    public const int PRJQUOTA = 2;
    public const int Q_GETQUOTA = 0x800007;
    public const int Q_SETQUOTA = 0x800008;
    public const int Q_XGETQSTAT = ('X' << 8) + 5;
    public const uint QIF_BLIMITS = 1;
    public const uint QIF_ILIMITS = 4;
    public const ushort FS_QUOTA_PDQ_ACCT = 1 << 4;
    public const ushort FS_QUOTA_PDQ_ENFD = 1 << 5;
    public const uint FS_XFLAG_PROJINHERIT = 0x200;

    // _IOR('X', 31, struct fsxattr), _IOW('X', 32, struct fsxattr)
    public const nuint FS_IOC_FSGETXATTR = 0x801c581f;
    public const nuint FS_IOC_FSSETXATTR = 0x401c5820;

    private const nint SYS_quotactl_fd = 443;

    public static int quotactl_fd(SafeHandle fd, int command, uint id, void* argument) =>
        (int)sys_syscall.syscall_fd(SYS_quotactl_fd, fd, (command << 8) | PRJQUOTA, (nint)id, (nint)argument);

    public struct dqblk
    {
        public ulong dqb_bhardlimit;
        public ulong dqb_bsoftlimit;
        public ulong dqb_curspace;
        public ulong dqb_ihardlimit;
        public ulong dqb_isoftlimit;
        public ulong dqb_curinodes;
        public ulong dqb_btime;
        public ulong dqb_itime;
        public uint dqb_valid;
        private uint _pad;
    }

    /// <summary>The beginning of struct fs_quota_stat, and room for the rest.</summary>
    public struct fs_quota_stat
    {
        public sbyte qs_version;
        public ushort qs_flags;
        private fixed byte _rest[124];
    }

    public struct fsxattr
    {
        public uint fsx_xflags;
        public uint fsx_extsize;
        public uint fsx_nextents;
        public uint fsx_projid;
        public uint fsx_cowextsize;
        private fixed byte _pad[8];
    }
}

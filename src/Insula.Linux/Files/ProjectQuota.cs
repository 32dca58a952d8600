using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>
/// Quotas by project: a directory whose number all that is made in it bears, what these take together, and how much they may. Of ext4 and XFS, where they are mounted
/// with <c>prjquota</c>.
/// </summary>
public static unsafe class ProjectQuota
{
    // Limits are in blocks of this size, whatever the file system's own is (QIF_DQBLKSIZE).
    private const long Block = 1024;

    /// <summary>Why the file system of a directory keeps nobody to quotas of projects; null when it does.</summary>
    public static string? Lack(Descriptor directory)
    {
        sys_quota.fs_quota_stat state;
        if (sys_quota.quotactl_fd(directory, sys_quota.Q_XGETQSTAT, 0, &state) != 0)
        {
            return $"it has none, or is mounted without prjquota (quotactl: {LinuxException.FromLastError("quotactl").Errno})";
        }

        return (state.qs_flags & sys_quota.FS_QUOTA_PDQ_ACCT) == 0 ? "it is mounted without prjquota"
            : (state.qs_flags & sys_quota.FS_QUOTA_PDQ_ENFD) == 0 ? "it counts them and does not enforce them"
            : null;
    }

    /// <summary>The project of a directory; 0 for none.</summary>
    /// <param name="directory">Opened for reading.</param>
    public static uint ProjectOf(Descriptor directory) => Attributes(directory).fsx_projid;

    /// <summary>Gives a directory to a project, and with it what is made in it from then on.</summary>
    /// <param name="directory">Opened for reading; empty, since what is in it stays where it is.</param>
    /// <param name="project">The project.</param>
    /// <exception cref="LinuxException">The file system has no projects.</exception>
    public static void Give(Descriptor directory, uint project)
    {
        var attributes = Attributes(directory);
        attributes.fsx_projid = project;
        attributes.fsx_xflags |= sys_quota.FS_XFLAG_PROJINHERIT;
        if (sys_ioctl.ioctl(directory, sys_quota.FS_IOC_FSSETXATTR, &attributes) != 0)
        {
            throw LinuxException.FromLastError("ioctl FS_IOC_FSSETXATTR");
        }
    }

    /// <summary>Limits a project; what it has already stays.</summary>
    /// <param name="directory">Any directory of the file system.</param>
    /// <param name="project">The project.</param>
    /// <param name="bytes">The most it may take; 0 for no limit.</param>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public static void Limit(Descriptor directory, uint project, long bytes)
    {
        var limits = new sys_quota.dqblk { dqb_bhardlimit = (ulong)((bytes / Block) + (bytes % Block == 0 ? 0 : 1)), dqb_valid = sys_quota.QIF_BLIMITS };
        if (sys_quota.quotactl_fd(directory, sys_quota.Q_SETQUOTA, project, &limits) != 0)
        {
            throw LinuxException.FromLastError("quotactl Q_SETQUOTA");
        }
    }

    /// <summary>What a project takes, and may take; all zero for one that nobody has.</summary>
    /// <param name="directory">Any directory of the file system.</param>
    /// <param name="project">The project.</param>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public static ProjectUse Read(Descriptor directory, uint project)
    {
        sys_quota.dqblk there;
        if (sys_quota.quotactl_fd(directory, sys_quota.Q_GETQUOTA, project, &there) == 0)
        {
            return new((long)there.dqb_curspace, (long)there.dqb_curinodes, (long)there.dqb_bhardlimit * Block, there.dqb_ihardlimit > 0 || there.dqb_bsoftlimit > 0 || there.dqb_isoftlimit > 0);
        }

        var failure = LinuxException.FromLastError("quotactl Q_GETQUOTA");

        // XFS keeps no record of those that have nothing.
        return failure.Errno == Errno.ENOENT ? default : throw failure;
    }

    private static sys_quota.fsxattr Attributes(Descriptor directory)
    {
        sys_quota.fsxattr attributes;
        return sys_ioctl.ioctl(directory, sys_quota.FS_IOC_FSGETXATTR, &attributes) == 0 ? attributes : throw LinuxException.FromLastError("ioctl FS_IOC_FSGETXATTR");
    }
}

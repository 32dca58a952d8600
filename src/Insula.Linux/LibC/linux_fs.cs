namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
#pragma warning disable CS1591

/// <summary>linux/fs.h: ioctl_iflags(2).</summary>
public static class linux_fs
{
    public const int FS_TOPDIR_FL = 0x20000;

    // _IOR('f', 1, long), _IOW('f', 2, long); what is read and written is an int.
    public const nuint FS_IOC_GETFLAGS = 0x80086601;
    public const nuint FS_IOC_SETFLAGS = 0x40086602;
}

using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>What a file system has and has left (statfs(2)).</summary>
/// <param name="Device">Which one it is.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Available">Bytes that others than root can still have.</param>
/// <param name="Inodes">How many inodes it has; 0 where they are made as they are needed.</param>
/// <param name="InodesFree">How many are left.</param>
public readonly record struct FileSystemUse((uint Major, uint Minor) Device, long Size, long Available, long Inodes, long InodesFree)
{
    /// <summary>What kind of file system a directory is in: one of the magic numbers of statfs(2).</summary>
    public static unsafe long KindOf(Descriptor directory)
    {
        sys_vfs.statfs_t there;
        return sys_vfs.fstatfs(directory, &there) == 0 ? there.f_type : throw LinuxException.FromLastError("statfs");
    }

    /// <summary>Of the one on which a directory is.</summary>
    /// <exception cref="LinuxException">It cannot be asked.</exception>
    public static unsafe FileSystemUse Read(string path)
    {
        using var directory = Directories.Open(path);
        sys_vfs.statfs_t there;
        sys_stat.statx_t status;
        if (sys_vfs.fstatfs(directory, &there) != 0)
        {
            throw LinuxException.FromLastError("statfs", path);
        }

        return sys_stat.statx(directory, "", fcntl.AT_EMPTY_PATH, sys_stat.STATX_BASIC_STATS, &status) != 0
            ? throw LinuxException.FromLastError("statx", path)
            : new((status.stx_dev_major, status.stx_dev_minor), (long)there.f_blocks * there.f_frsize, (long)there.f_bavail * there.f_frsize, (long)there.f_files, (long)there.f_ffree);
    }
}

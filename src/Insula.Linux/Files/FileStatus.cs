using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>What statx(2) says of a file.</summary>
/// <param name="Mode">Type and permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="DeviceMajor">Major of the device the file is on.</param>
/// <param name="DeviceMinor">Minor of the device the file is on.</param>
/// <param name="NodeMajor">Major of the device the file is, when it is one.</param>
/// <param name="NodeMinor">Minor of the device the file is, when it is one.</param>
/// <param name="Links">How many names it has; 0 once it is removed.</param>
public readonly record struct FileStatus(
    uint Mode, uint Uid, uint Gid, long Size, ulong Inode, uint DeviceMajor, uint DeviceMinor, uint NodeMajor, uint NodeMinor, uint Links)
{
    /// <summary>The type bits alone, one of <c>sys_stat.S_IF…</c>.</summary>
    public uint Type => Mode & sys_stat.S_IFMT;

    /// <summary>The bits chmod(2) sets.</summary>
    public uint Permissions => Mode & 0xFFF;

    /// <summary>It is a directory.</summary>
    public bool IsDirectory => Type == sys_stat.S_IFDIR;

    /// <summary>It is a regular file.</summary>
    public bool IsFile => Type == sys_stat.S_IFREG;

    /// <summary>It is a symbolic link.</summary>
    public bool IsLink => Type == sys_stat.S_IFLNK;

    /// <summary>It is overlayfs' mark for a name that lower layers have and this one has not: a 0:0 character device.</summary>
    public bool IsWhiteout => Type == sys_stat.S_IFCHR && NodeMajor == 0 && NodeMinor == 0;

    /// <summary>Both are the same file.</summary>
    public bool IsSameFile(FileStatus other) =>
        Inode == other.Inode && DeviceMajor == other.DeviceMajor && DeviceMinor == other.DeviceMinor;
}

using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>
/// The names in an open directory: made, looked at and changed without ever following a link. A name is one
/// component; a caller that passes a longer path gives up that promise.
/// </summary>
public static unsafe class Entries
{
    private const int LongestLink = 4096;

    /// <summary>statx(2) of a name; null when there is none.</summary>
    public static FileStatus? Status(Descriptor directory, string name)
    {
        sys_stat.statx_t result;
        const int Flags = fcntl.AT_SYMLINK_NOFOLLOW | fcntl.AT_NO_AUTOMOUNT;
        if (sys_stat.statx(directory, name, Flags, sys_stat.STATX_BASIC_STATS, &result) == 0)
        {
            return From(result);
        }

        return Marshal.GetLastPInvokeError() == (int)Errno.ENOENT ? null : throw LinuxException.FromLastError("statx", name);
    }

    /// <summary>statx(2) of an open file.</summary>
    public static FileStatus Status(Descriptor file)
    {
        sys_stat.statx_t result;
        Check(sys_stat.statx(file, "", fcntl.AT_EMPTY_PATH, sys_stat.STATX_BASIC_STATS, &result), "statx", null);
        return From(result);
    }

    /// <summary>mkdirat(2). The process' umask applies; set the mode afterwards where it matters.</summary>
    public static void MakeDirectory(Descriptor directory, string name, uint mode) =>
        Check(sys_stat.mkdirat(directory, name, mode), "mkdir", name);

    /// <summary>mknodat(2) of the type in <paramref name="mode"/>; 0:0 character devices are whiteouts and need no privilege.</summary>
    public static void MakeNode(Descriptor directory, string name, uint mode, uint major, uint minor) =>
        Check(sys_stat.mknodat(directory, name, mode, sys_stat.makedev(major, minor)), "mknod", name);

    /// <summary>symlinkat(2).</summary>
    public static void MakeLink(Descriptor directory, string name, string target) =>
        Check(unistd.symlinkat(target, directory, name), "symlink", name);

    /// <summary>linkat(2): a second name for a file; of a symbolic link the link itself.</summary>
    public static void MakeHardLink(Descriptor fromDirectory, string from, Descriptor directory, string name) =>
        Check(unistd.linkat(fromDirectory, from, directory, name, 0), "link", name);

    /// <summary>readlinkat(2).</summary>
    public static string ReadLink(Descriptor directory, string name)
    {
        var buffer = stackalloc byte[LongestLink];
        var length = unistd.readlinkat(directory, name, buffer, LongestLink);
        return length >= 0 ? Encoding.UTF8.GetString(buffer, (int)length) : throw LinuxException.FromLastError("readlink", name);
    }

    /// <summary>unlinkat(2) of anything but a directory.</summary>
    public static void Unlink(Descriptor directory, string name) => Check(unistd.unlinkat(directory, name, 0), "unlink", name);

    /// <summary>rename(2) between two directories of one file system; an existing file of the new name is replaced.</summary>
    public static void Rename(Descriptor fromDirectory, string from, Descriptor directory, string name) =>
        Check(fcntl.renameat2(fromDirectory, from, directory, name, 0), "rename", name);

    /// <summary>fchownat(2). Clears set-user-id, set-group-id and file capabilities: set those afterwards.</summary>
    public static void ChangeOwner(Descriptor directory, string name, uint uid, uint gid) =>
        Check(unistd.fchownat(directory, name, uid, gid, fcntl.AT_SYMLINK_NOFOLLOW), "chown", name);

    /// <summary>fchown(2).</summary>
    public static void ChangeOwner(Descriptor file, uint uid, uint gid) => Check(unistd.fchown(file, uid, gid), "fchown", null);

    /// <summary>fchown(2) of the group alone.</summary>
    public static void ChangeGroup(Descriptor file, uint gid) => Check(unistd.fchown(file, uint.MaxValue, gid), "fchown", null);

    /// <summary>fchmod(2).</summary>
    public static void ChangeMode(Descriptor file, uint mode) => Check(sys_stat.fchmod(file, mode), "fchmod", null);

    /// <summary>fchmodat(2), which follows links: only for a name known to be a node the caller has just made.</summary>
    public static void ChangeNodeMode(Descriptor directory, string name, uint mode) =>
        Check(sys_stat.fchmodat(directory, name, mode, 0), "chmod", name);

    /// <summary>utimensat(2): sets access and modification time.</summary>
    public static void SetTimes(Descriptor directory, string name, long seconds, int nanoseconds)
    {
        var times = stackalloc sys_stat.timespec[2];
        times[0] = new sys_stat.timespec { tv_sec = seconds, tv_nsec = nanoseconds };
        times[1] = times[0];
        Check(sys_stat.utimensat(directory, name, times, fcntl.AT_SYMLINK_NOFOLLOW), "utimensat", name);
    }

    /// <summary>fsetxattr(2), adding or replacing.</summary>
    public static void SetAttribute(Descriptor file, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* pointer = value)
        {
            Check(sys_xattr.fsetxattr(file, attribute, pointer, (nuint)value.Length, 0), "fsetxattr", attribute);
        }
    }

    /// <summary>lsetxattr(2) of a name, for links and nodes, which cannot be opened.</summary>
    public static void SetAttribute(Descriptor directory, string name, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* pointer = value)
        {
            Check(sys_xattr.lsetxattr($"{directory.ProcPath}/{name}", attribute, pointer, (nuint)value.Length, 0), "lsetxattr", attribute);
        }
    }

    /// <summary>fgetxattr(2); null when the file has no such attribute, or its file system none at all.</summary>
    /// <param name="file">The file, not opened with O_PATH.</param>
    /// <param name="attribute">Name with its class, such as <c>trusted.overlay.opaque</c>.</param>
    public static byte[]? GetAttribute(Descriptor file, string attribute)
    {
        const int Usual = 256, Largest = 64 << 10;
        var few = stackalloc byte[Usual];
        var length = sys_xattr.fgetxattr(file, attribute, few, Usual);
        if (length >= 0)
        {
            return new ReadOnlySpan<byte>(few, (int)length).ToArray();
        }

        if (Marshal.GetLastPInvokeError() == (int)Errno.ERANGE)
        {
            var buffer = new byte[Largest];
            fixed (byte* pointer = buffer)
            {
                length = sys_xattr.fgetxattr(file, attribute, pointer, Largest);
            }

            if (length >= 0)
            {
                return buffer[..(int)length];
            }
        }

        return Marshal.GetLastPInvokeError() is (int)Errno.ENODATA or (int)Errno.EOPNOTSUPP
            ? null
            : throw LinuxException.FromLastError("fgetxattr", attribute);
    }

    /// <summary>fsync(2) of a file or directory.</summary>
    public static void Sync(Descriptor file) => Check(unistd.fsync(file), "fsync", null);

    /// <summary>fdatasync(2): the bytes of a file, and what it takes to read them again.</summary>
    public static void SyncData(Descriptor file) => Check(unistd.fdatasync(file), "fdatasync", null);

    /// <summary>syncfs(2): everything written to the file system the descriptor is on.</summary>
    public static void SyncFileSystem(Descriptor file) => Check(unistd.syncfs(file), "syncfs", null);

    private static void Check(int result, string operation, string? name)
    {
        if (result != 0)
        {
            throw LinuxException.FromLastError(operation, name);
        }
    }

    private static FileStatus From(in sys_stat.statx_t s) => new(
        s.stx_mode, s.stx_uid, s.stx_gid, (long)s.stx_size, s.stx_ino, s.stx_dev_major, s.stx_dev_minor, s.stx_rdev_major, s.stx_rdev_minor, s.stx_nlink);
}

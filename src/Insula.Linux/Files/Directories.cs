using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>Directories as descriptors, and lookups that cannot be led astray: openat2(2).</summary>
public static class Directories
{
    /// <summary>Opens a directory by path (links are followed: for our own directories, never for anything inside a rootfs).</summary>
    public static Descriptor Open(string path) => Descriptor.Open(path, fcntl.O_RDONLY | fcntl.O_DIRECTORY);

    /// <summary>Opens one component of a directory as a directory, not following a link.</summary>
    public static Descriptor OpenChild(Descriptor parent, string name) =>
        Descriptor.OpenAt(parent, name, fcntl.O_RDONLY | fcntl.O_DIRECTORY | fcntl.O_NOFOLLOW);

    /// <summary>Creates the directory when it is not there, and opens it, not following a link.</summary>
    public static Descriptor Ensure(Descriptor parent, string name, uint mode = 0x1C0)
    {
        if (sys_stat.mkdirat(parent, name, mode) != 0 && Marshal.GetLastPInvokeError() != (int)Errno.EEXIST)
        {
            throw LinuxException.FromLastError("mkdir", name);
        }

        return OpenChild(parent, name);
    }

    /// <summary>Has the file system put what is made in a directory in places of the disk apart from each other, as unrelated (<c>chattr +T</c>).</summary>
    /// <returns>False where it does not take such a hint; ext4 does.</returns>
    public static unsafe bool Spread(Descriptor directory)
    {
        var flags = Flags(directory) | linux_fs.FS_TOPDIR_FL;
        return sys_ioctl.ioctl(directory, linux_fs.FS_IOC_SETFLAGS, &flags) == 0;
    }

    /// <summary>Whether <see cref="Spread"/> has done so.</summary>
    public static bool IsSpread(Descriptor directory) => (Flags(directory) & linux_fs.FS_TOPDIR_FL) != 0;

    /// <summary>Opens a path as if <paramref name="root"/> were the root directory: <c>..</c> and absolute links stay inside. Magic links are refused.</summary>
    public static Descriptor OpenInRoot(Descriptor root, string path, int flags, uint mode = 0, ulong extraResolve = 0) =>
        OpenAt2(root, path, flags, mode, fcntl.RESOLVE_IN_ROOT | fcntl.RESOLVE_NO_MAGICLINKS | extraResolve);

    /// <summary>Opens a path that must stay below <paramref name="directory"/>; leaving it is EXDEV. Magic links are refused.</summary>
    public static Descriptor OpenBeneath(Descriptor directory, string path, int flags, uint mode = 0, ulong extraResolve = 0) =>
        OpenAt2(directory, path, flags, mode, fcntl.RESOLVE_BENEATH | fcntl.RESOLVE_NO_MAGICLINKS | extraResolve);

    /// <summary>openat2(2) with the given RESOLVE_ flags, close-on-exec.</summary>
    public static Descriptor OpenAt2(Descriptor directory, string path, int flags, uint mode, ulong resolve) =>
        TryOpenAt2(directory, [.. Encoding.UTF8.GetBytes(path), 0], flags, mode, resolve, out var errno) ?? throw new LinuxException("openat2", path, errno);

    /// <summary>As <see cref="OpenAt2"/>, of a name that need not be text.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">Its bytes, ended by NUL.</param>
    /// <param name="flags">O_ flags.</param>
    /// <param name="mode">Of a file that is made.</param>
    /// <param name="resolve">RESOLVE_ flags.</param>
    /// <param name="errno">Why it cannot be opened.</param>
    internal static unsafe Descriptor? TryOpenAt2(Descriptor directory, ReadOnlySpan<byte> name, int flags, uint mode, ulong resolve, out Errno errno)
    {
        var how = new fcntl.open_how { flags = (ulong)(uint)(flags | fcntl.O_CLOEXEC), mode = mode, resolve = resolve };
        fixed (byte* pointer = name)
        {
            while (true)
            {
                var result = fcntl.openat2(directory, pointer, &how);
                if (result >= 0)
                {
                    errno = Errno.None;
                    return new Descriptor(result);
                }

                // EAGAIN: a rename or mount raced with the lookup and the kernel could not prove that it stayed inside.
                errno = (Errno)Marshal.GetLastPInvokeError();
                if (errno is not (Errno.EINTR or Errno.EAGAIN))
                {
                    return null;
                }
            }
        }
    }

    /// <summary>Opens an entry of a directory tree that hostile hands may change meanwhile, not following a link.</summary>
    /// <returns>Null for what is gone, is something else now, or lies on another mount.</returns>
    /// <inheritdoc cref="TryOpenAt2"/>
    internal static Descriptor? TryOpenEntry(Descriptor directory, ReadOnlySpan<byte> name, int flags, ulong resolve)
    {
        var opened = TryOpenAt2(directory, name, flags | fcntl.O_NOFOLLOW, 0, resolve | fcntl.RESOLVE_NO_XDEV, out var errno);
        return opened is not null || errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EXDEV or Errno.ELOOP
            ? opened
            : throw new LinuxException("openat2", null, errno);
    }

    // None where the file system has none.
    private static unsafe int Flags(Descriptor directory)
    {
        int flags;
        return sys_ioctl.ioctl(directory, linux_fs.FS_IOC_GETFLAGS, &flags) == 0 ? flags : 0;
    }
}

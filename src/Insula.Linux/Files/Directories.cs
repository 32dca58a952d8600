using System.Runtime.InteropServices;
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

    /// <summary>Opens a path as if <paramref name="root"/> were the root directory: <c>..</c> and absolute links stay inside. Magic links are refused.</summary>
    public static Descriptor OpenInRoot(Descriptor root, string path, int flags, uint mode = 0, ulong extraResolve = 0) =>
        OpenAt2(root, path, flags, mode, fcntl.RESOLVE_IN_ROOT | fcntl.RESOLVE_NO_MAGICLINKS | extraResolve);

    /// <summary>Opens a path that must stay below <paramref name="directory"/>; leaving it is EXDEV. Magic links are refused.</summary>
    public static Descriptor OpenBeneath(Descriptor directory, string path, int flags, uint mode = 0, ulong extraResolve = 0) =>
        OpenAt2(directory, path, flags, mode, fcntl.RESOLVE_BENEATH | fcntl.RESOLVE_NO_MAGICLINKS | extraResolve);

    /// <summary>openat2(2) with the given RESOLVE_ flags, close-on-exec.</summary>
    public static unsafe Descriptor OpenAt2(Descriptor directory, string path, int flags, uint mode, ulong resolve)
    {
        var how = new fcntl.open_how { flags = (ulong)(uint)(flags | fcntl.O_CLOEXEC), mode = mode, resolve = resolve };
        while (true)
        {
            var result = fcntl.openat2(directory, path, &how);
            if (result >= 0)
            {
                return new Descriptor(result);
            }

            // EAGAIN: a rename or mount raced with the lookup and the kernel could not prove that it stayed inside.
            if (Marshal.GetLastPInvokeError() is not ((int)Errno.EINTR or (int)Errno.EAGAIN))
            {
                throw LinuxException.FromLastError("openat2", path);
            }
        }
    }
}

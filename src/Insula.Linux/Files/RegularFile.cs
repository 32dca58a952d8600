using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>
/// Files of ours in directories that a container may have been given: whoever writes there may have put a link, a FIFO or
/// a device in a file's place.
/// </summary>
public static class RegularFile
{
    /// <summary>
    /// Opens a regular file in a directory for reading. What is there is looked at before it is opened: to open a FIFO may
    /// wait for ever, and to open a device may do anything.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">One component.</param>
    /// <returns>Null when there is none, or something else is in its place.</returns>
    public static Descriptor? TryOpen(Descriptor directory, string name)
    {
        try
        {
            using var found = Directories.OpenBeneath(directory, name, fcntl.O_PATH, extraResolve: fcntl.RESOLVE_NO_SYMLINKS);
            return Entries.Status(found).IsFile ? Descriptor.Open(found.ProcPath, fcntl.O_RDONLY) : null;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ELOOP)
        {
            return null;
        }
    }

    /// <summary>Opens the directory that such files are in.</summary>
    /// <param name="top">A directory that no container writes to.</param>
    /// <param name="path">A path in it. No component of it may be a link.</param>
    /// <returns>Null when there is none, or something else is in its place.</returns>
    public static Descriptor? TryOpenDirectory(string top, string path)
    {
        try
        {
            using var directory = Directories.Open(top);
            return Directories.OpenBeneath(directory, path, fcntl.O_RDONLY | fcntl.O_DIRECTORY, extraResolve: fcntl.RESOLVE_NO_SYMLINKS);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ELOOP or Errno.ENOTDIR)
        {
            return null;
        }
    }
}

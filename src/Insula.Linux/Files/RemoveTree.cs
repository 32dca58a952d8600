using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>
/// Removes directory trees made by hostile hands: never follows a link, never crosses a mount, takes names that are not text,
/// and needs bounded stack and descriptors however deep the tree is.
/// </summary>
public static unsafe class RemoveTree
{
    private const int MaxDepth = 64;

    /// <summary>Removes a name and everything below it. One that is not there is fine.</summary>
    /// <param name="parent">The directory it is in.</param>
    /// <param name="name">One component.</param>
    /// <exception cref="LinuxException">EBUSY or EXDEV: something is mounted below; the message names it.</exception>
    public static void Remove(Descriptor parent, string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"Not one component of a path: '{name}'", nameof(name));
        }

        RemoveEntry(parent, ([.. Encoding.UTF8.GetBytes(name), 0], DirectoryReader.TypeUnknown), top: null, depth: 0, path: "");
    }

    /// <summary>Removes everything inside a directory, but not the directory.</summary>
    /// <inheritdoc cref="Remove"/>
    public static void RemoveContents(Descriptor directory)
    {
        // Directories that were too deep come to the top while its entries are removed.
        while (Empty(directory, directory, depth: 0, path: "."))
        {
        }
    }

    // False when there was nothing.
    private static bool Empty(Descriptor directory, Descriptor top, int depth, string path)
    {
        var entries = DirectoryReader.ReadRaw(directory);
        foreach (var entry in entries)
        {
            RemoveEntry(directory, entry, top, depth, path);
        }

        return entries.Count > 0;
    }

    private static void RemoveEntry(Descriptor directory, (byte[] Name, byte Type) entry, Descriptor? top, int depth, string path)
    {
        var name = entry.Name;
        if ((entry.Type == DirectoryReader.TypeDirectory ? Errno.EISDIR : Unlink(directory, name, 0)) is var failure && failure is Errno.None or Errno.ENOENT)
        {
            return;
        }

        var full = Join(path, name);
        if (failure is not (Errno.EISDIR or Errno.EPERM))
        {
            throw new LinuxException("unlink", full, failure);
        }

        if (depth >= MaxDepth)
        {
            PullUp(directory, name, top!, full);
            return;
        }

        using var child = OpenSameMount(directory, name, full, failure);
        if (child is null)
        {
            return;
        }

        // Removing while reading may skip entries, and what was too deep comes to the top: it is repeated until nothing is left.
        while (true)
        {
            var some = Empty(child, top ?? child, depth + 1, full);
            switch (Unlink(directory, name, fcntl.AT_REMOVEDIR))
            {
                case Errno.None or Errno.ENOENT:
                    return;
                case Errno.ENOTEMPTY or Errno.EEXIST when some:
                    break;
                case var left:
                    throw new LinuxException("rmdir", full, left);
            }
        }
    }

    // Moves a deep directory to the top of the tree, where a later pass meets it as a shallow one.
    private static void PullUp(Descriptor directory, byte[] name, Descriptor top, string path)
    {
        const uint NoReplace = 1;
        for (var i = 0; ; i++)
        {
            fixed (byte* from = name, to = Encoding.UTF8.GetBytes($".deep-{i}\0"))
            {
                if (fcntl.renameat2(directory, from, top, to, NoReplace) == 0)
                {
                    return;
                }
            }

            if (Marshal.GetLastPInvokeError() != (int)Errno.EEXIST)
            {
                throw LinuxException.FromLastError("rename", path);
            }
        }
    }

    private static Descriptor? OpenSameMount(Descriptor parent, byte[] name, string path, Errno unlinkFailure)
    {
        var opened = Directories.TryOpenAt2(
            parent, name, fcntl.O_RDONLY | fcntl.O_DIRECTORY | fcntl.O_NOFOLLOW, 0,
            fcntl.RESOLVE_BENEATH | fcntl.RESOLVE_NO_XDEV | fcntl.RESOLVE_NO_SYMLINKS, out var errno);
        return errno switch
        {
            Errno.None or Errno.ENOENT => opened,

            // A file after all, such as an immutable one: why it could not be unlinked is the answer.
            Errno.ENOTDIR => throw new LinuxException("unlink", path, unlinkFailure),
            _ => throw new LinuxException("remove", path, errno),
        };
    }

    private static Errno Unlink(Descriptor directory, byte[] name, int flags)
    {
        fixed (byte* pointer = name)
        {
            return unistd.unlinkat(directory, pointer, flags) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
        }
    }

    private static string Join(string path, byte[] name)
    {
        var text = Encoding.UTF8.GetString(name.AsSpan(..^1));
        return path.Length == 0 ? text : $"{path}/{text}";
    }
}

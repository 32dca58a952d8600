using System.Text;
using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>
/// Gives a directory tree to a group: every file and directory gets the group and may be read and written by it, directories hand
/// their group on. For trees filled by hostile hands: every step is taken on a descriptor, no link is followed, no mount is crossed,
/// device nodes are left alone, names need not be text, and depth costs neither stack nor descriptors.
/// </summary>
public static class GroupTree
{
    private const uint Unchanged = uint.MaxValue;
    private const uint SetGroupId = 0x400; // 02000
    private const uint GroupMayReadAndWrite = 0x1B0; // 0660
    private const uint MayEnter = 0x48; // 0110
    private const uint SetIds = 0xC00; // 06000
    private const uint OfDirectory = SetGroupId | GroupMayReadAndWrite | MayEnter;

    private static readonly byte[] _parent = [.. ".."u8, 0];

    /// <summary>The mode of a root directory that looks as <see cref="Change"/> leaves it.</summary>
    /// <param name="mode">The bits it has otherwise.</param>
    public static uint RootMode(uint mode) => mode | OfDirectory;

    /// <summary>Whether the root directory does not look as <see cref="Change"/> leaves it: it is changed last, so that half a change is seen.</summary>
    /// <param name="root">The root directory.</param>
    /// <param name="group">The group.</param>
    public static bool IsMismatch(Descriptor root, uint group)
    {
        var status = Entries.Status(root);
        return status.Gid != group || (status.Mode & OfDirectory) != OfDirectory;
    }

    /// <summary>Changes the tree.</summary>
    /// <param name="root">Its root directory, opened for reading.</param>
    /// <param name="group">Its group from now on.</param>
    /// <param name="ct">Stops the walk.</param>
    /// <exception cref="LinuxException">Something cannot be changed, for example an immutable file; the message names it.</exception>
    public static void Change(Descriptor root, uint group, CancellationToken ct)
    {
        var above = new Stack<Level>();
        var level = new Level(root, "");
        var current = root.Duplicate();
        try
        {
            while (true)
            {
                ct.ThrowIfCancellationRequested();
                if (level.Next(current) is { } name)
                {
                    if (Enter(current, name, group, level) is { } child)
                    {
                        current.Dispose();
                        current = child;
                        above.Push(level);
                        level = new Level(current, level.PathOf(name));
                    }

                    continue;
                }

                ChangeDirectory(current, group, level.Path);
                if (above.Count == 0)
                {
                    return;
                }

                level = above.Pop();
                var parent = Leave(current, level);
                current.Dispose();
                current = parent;
            }
        }
        finally
        {
            current.Dispose();
        }
    }

    /// <summary>A directory to go into, or null for anything else, which is changed on the spot.</summary>
    private static Descriptor? Enter(Descriptor directory, byte[] name, uint group, Level level)
    {
        using var entry = Directories.TryOpenEntry(directory, name, fcntl.O_PATH, fcntl.RESOLVE_BENEATH);
        if (entry is null)
        {
            return null;
        }

        var status = Entries.Status(entry);
        switch (status.Type)
        {
            case sys_stat.S_IFDIR:
                return Directories.TryOpenEntry(directory, name, fcntl.O_RDONLY | fcntl.O_DIRECTORY, fcntl.RESOLVE_BENEATH);
            case sys_stat.S_IFLNK:
                // A link's mode means nothing; chmod would change what it points to.
                ChangeGroup(entry, group, level, name);
                return null;
            case sys_stat.S_IFCHR or sys_stat.S_IFBLK:
                return null;
            default:
                ChangeGroup(entry, group, level, name);

                // chown has cleared the set-id bits. By the descriptor's own name: the kernel goes straight to the open file.
                if ((status.Permissions & GroupMayReadAndWrite) != GroupMayReadAndWrite || (status.Permissions & SetIds) != 0)
                {
                    Check(sys_stat.fchmodat(Descriptor.WorkingDirectory, entry.ProcPath, status.Permissions | GroupMayReadAndWrite, 0), "chmod", level, name);
                }

                return null;
        }
    }

    // Back by "..": the directory found must be the one that was left, which only a move meanwhile could change.
    private static Descriptor Leave(Descriptor child, Level level)
    {
        var parent = Directories.TryOpenEntry(child, _parent, fcntl.O_RDONLY | fcntl.O_DIRECTORY, fcntl.RESOLVE_NO_SYMLINKS);
        if (parent is not null && Entries.Status(parent).IsSameFile(level.Directory))
        {
            return parent;
        }

        parent?.Dispose();
        throw new LinuxException("changing the group: moved meanwhile", level.Path, Errno.EBUSY);
    }

    private static void ChangeDirectory(Descriptor directory, uint group, string path)
    {
        var status = Entries.Status(directory);
        if (unistd.fchown(directory, Unchanged, group) != 0 || sys_stat.fchmod(directory, status.Permissions | OfDirectory) != 0)
        {
            throw LinuxException.FromLastError("changing the group", path);
        }
    }

    private static void ChangeGroup(Descriptor entry, uint group, Level level, byte[] name) =>
        Check(unistd.fchownat(entry, "", Unchanged, group, fcntl.AT_EMPTY_PATH | fcntl.AT_SYMLINK_NOFOLLOW), "changing the group", level, name);

    private static void Check(int result, string operation, Level level, byte[] name)
    {
        if (result != 0)
        {
            throw LinuxException.FromLastError(operation, level.PathOf(name));
        }
    }

    /// <summary>A directory that was entered: who it is, and which names in it are still to be looked at.</summary>
    private sealed class Level(Descriptor directory, string path)
    {
        private readonly List<(byte[] Name, byte Type)> _entries = [];
        private long _position;
        private int _next;

        public FileStatus Directory { get; } = Entries.Status(directory);

        /// <summary>For messages; cut, since a hostile tree has paths without end.</summary>
        public string Path { get; } = path.Length > 200 ? "…" + path[^200..] : path;

        public byte[]? Next(Descriptor opened)
        {
            while (_next == _entries.Count)
            {
                _entries.Clear();
                _next = 0;
                if (!DirectoryReader.ReadSome(opened, ref _position, _entries))
                {
                    return null;
                }
            }

            return _entries[_next++].Name;
        }

        public string PathOf(byte[] name) => (Path.Length == 0 ? "" : Path + "/") + Encoding.UTF8.GetString(name.AsSpan(..^1));
    }
}

using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>Measures what a directory tree takes on its file system. Never follows a link nor crosses a mount; names need not be text.</summary>
public static unsafe class DirectoryUsage
{
    // Each level holds a descriptor. Who hides something deeper than this hides it also from the sum.
    private const int MaxDepth = 256;

    /// <summary>The allocated bytes of everything in a directory; a file with several names counts once.</summary>
    /// <param name="directory">Opened for reading.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    public static long Measure(Descriptor directory, CancellationToken cancellationToken) => Walk(directory, [], 0, cancellationToken).Bytes;

    /// <summary>How many inodes everything in a directory takes; a file with several names counts once.</summary>
    /// <inheritdoc cref="Measure"/>
    public static long Count(Descriptor directory, CancellationToken cancellationToken) => Walk(directory, [], 0, cancellationToken).Inodes;

    private static (long Bytes, long Inodes) Walk(Descriptor directory, HashSet<ulong> seen, int depth, CancellationToken cancellationToken)
    {
        var (bytes, inodes) = (0L, 0L);
        foreach (var (name, _) in DirectoryReader.ReadRaw(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var entry = Directories.TryOpenEntry(directory, name, fcntl.O_PATH, fcntl.RESOLVE_BENEATH);
            if (entry is null)
            {
                continue;
            }

            sys_stat.statx_t status;
            if (sys_stat.statx(entry, "", fcntl.AT_EMPTY_PATH, sys_stat.STATX_BASIC_STATS, &status) != 0)
            {
                throw LinuxException.FromLastError("statx");
            }

            var isDirectory = (status.stx_mode & sys_stat.S_IFMT) == sys_stat.S_IFDIR;
            if (status.stx_nlink < 2 || isDirectory || seen.Add(status.stx_ino))
            {
                // statx(2) counts blocks of 512 bytes, whatever the file system's own size is.
                (bytes, inodes) = (bytes + ((long)status.stx_blocks * 512), inodes + 1);
            }

            if (isDirectory && depth < MaxDepth)
            {
                using var child = Directories.TryOpenEntry(directory, name, fcntl.O_RDONLY | fcntl.O_DIRECTORY, fcntl.RESOLVE_BENEATH);
                var (below, number) = child is null ? (0, 0) : Walk(child, seen, depth + 1, cancellationToken);
                (bytes, inodes) = (bytes + below, inodes + number);
            }
        }

        return (bytes, inodes);
    }
}

using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>Files that are either wholly the old ones or wholly the new ones.</summary>
public static class AtomicFile
{
    /// <summary>Writes to a temporary name, syncs, and renames over the target; the directory is synced too.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">One component.</param>
    /// <param name="content">The content.</param>
    /// <param name="mode">The file's mode, whatever the umask.</param>
    public static void Write(Descriptor directory, string name, ReadOnlySpan<byte> content, uint mode = 0x180)
    {
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"Not one component of a path: '{name}'", nameof(name));
        }

        // A fixed temporary name: what a crash leaves behind is overwritten by the next writer.
        var temporary = $".{name}.new";
        try
        {
            WriteTemporary(directory, temporary, content, mode);
            Failpoint.MayFail("files.atomic.unnamed");
            if (fcntl.renameat2(directory, temporary, directory, name, 0) != 0)
            {
                throw LinuxException.FromLastError("rename", name);
            }
        }
        catch (IOException)
        {
            // The next writer may be of another name. Where even this fails, the failure before it says why.
            _ = unistd.unlinkat(directory, temporary, 0);
            throw;
        }

        Failpoint.MayFail("files.atomic.named");
        if (unistd.fsync(directory) != 0)
        {
            throw LinuxException.FromLastError("fsync", $"directory of {name}");
        }
    }

    private static void WriteTemporary(Descriptor directory, string temporary, ReadOnlySpan<byte> content, uint mode)
    {
        const int Flags = fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_TRUNC;
        using var file = Descriptor.OpenAt(directory, temporary, Flags | fcntl.O_NOFOLLOW, mode);
        if (sys_stat.fchmod(file, mode) != 0)
        {
            throw LinuxException.FromLastError("fchmod", temporary);
        }

        file.WriteAll(content, temporary);
        if (unistd.fsync(file) != 0)
        {
            throw LinuxException.FromLastError("fsync", temporary);
        }
    }
}

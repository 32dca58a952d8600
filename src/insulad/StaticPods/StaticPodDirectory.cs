using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insulad.StaticPods;

/// <summary>The files of a manifest directory. Of what else is in it nothing is read: other names, directories, devices.</summary>
/// <param name="path">The directory.</param>
/// <param name="nodeName">This machine's name.</param>
internal sealed class StaticPodDirectory(string path, string nodeName)
{
    private const uint WritableByOthers = 0b000_000_010;
    private static readonly string[] s_extensions = [".yaml", ".yml", ".json"];

    /// <summary>The directory.</summary>
    public string Path => path;

    /// <summary>Whether the directory, or whatever is in its place, is there.</summary>
    public bool Exists => Directory.Exists(path);

    /// <summary>The names that are manifests', in order: editors and packagers leave others beside them.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public IReadOnlyList<string> Names() =>
    [
        .. Directory.EnumerateFileSystemEntries(path).Select(e => System.IO.Path.GetFileName(e))
            .Where(name => name[0] != '.' && s_extensions.Contains(System.IO.Path.GetExtension(name)))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Where a name leads to; null when that is nowhere.</summary>
    public string? Target(string name)
    {
        var full = System.IO.Path.Combine(path, name);
        try
        {
            return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (IOException)
        {
            return null; // links that lead round in a circle
        }
    }

    /// <summary>Reads a file. Null when there is none any more.</summary>
    public StaticPodFile? Read(string name)
    {
        try
        {
            using var directory = Directories.Open(path);
            if (Entries.Status(directory, name) is null)
            {
                return null;
            }

            using var found = Descriptor.OpenAt(directory, name, fcntl.O_PATH);
            var status = Entries.Status(found);
            if (status.IsDirectory)
            {
                return null;
            }

            if (!status.IsFile)
            {
                return Bad("it is no regular file");
            }

            if (((status.Mode | Entries.Status(directory).Mode) & WritableByOthers) != 0)
            {
                return Bad("it or the directory is writable by everybody, who would be root by that: chmod o-w");
            }

            // What was looked at is what is opened: not a FIFO that has come in its place.
            using var file = new FileStream(found.ProcPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new MemoryStream();
            var limit = Insula.Api.Manifests.ManifestLimits.Default.MaxBytes + 1L;
            var buffer = new byte[64 * 1024];
            while (content.Length < limit && file.Read(buffer) is > 0 and var read)
            {
                content.Write(buffer.AsSpan(0, read));
            }

            return StaticPodReader.Read(name, content.GetBuffer().AsSpan(0, (int)content.Length), nodeName);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            // What it leads to may be on its way: a manifest that cannot be read, not one that is not wanted.
            return Bad("it is a link to nothing");
        }
        catch (Exception e)
        {
            // Whatever it was: no file may end the daemon.
            return Bad(e.Message);
        }

        StaticPodFile Bad(string why) => new(name, null, why);
    }
}

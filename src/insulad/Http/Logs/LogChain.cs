using System.Globalization;

namespace Insulad.Http.Logs;

/// <summary>
/// The files of one log: the current one and its rotated predecessors <c>NAME.1</c>, <c>NAME.2</c>, … (higher is
/// older). They are renamed under the reader's hands, so every step is checked by inode.
/// </summary>
internal sealed class LogChain(string currentPath)
{
    /// <summary>All files that exist, oldest first. The caller disposes them.</summary>
    public List<LogFile> OpenAll()
    {
        var files = new List<LogFile>();
        var seen = new HashSet<ulong>();
        foreach (var path in Paths())
        {
            // A rotation between two opens shows one file under two names, or moves one out of the list's sight to a
            // higher number; the first is dropped here, the second found again by After.
            if (LogFile.Open(path) is { } file)
            {
                if (seen.Add(file.Inode))
                {
                    files.Add(file);
                }
                else
                {
                    file.Dispose();
                }
            }
        }

        return files;
    }

    /// <summary>
    /// The file that follows the one with this inode; null when that is still the current one. When it has been rotated
    /// away altogether, the oldest that is left.
    /// </summary>
    public LogFile? After(ulong inode)
    {
        var files = OpenAll();
        var index = files.FindIndex(f => f.Inode == inode);
        var next = index + 1 < files.Count ? files[index + 1] : null;
        foreach (var file in files)
        {
            if (file != next)
            {
                file.Dispose();
            }
        }

        return next;
    }

    private IEnumerable<string> Paths()
    {
        var directory = Path.GetDirectoryName(currentPath)!;
        var prefix = Path.GetFileName(currentPath) + ".";
        if (!Directory.Exists(directory))
        {
            return [];
        }

        // The pattern NAME.* matches NAME too.
        return Directory.EnumerateFiles(directory, prefix + "*")
            .Where(p => Path.GetFileName(p).Length > prefix.Length)
            .Select(p => (Path: p, Number: int.TryParse(Path.GetFileName(p).AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0))
            .Where(p => p.Number > 0)
            .OrderByDescending(p => p.Number)
            .Select(p => p.Path)
            .Append(currentPath);
    }
}

using System.Globalization;

namespace Insulad.Http.Logs;

/// <summary>
/// The files of one log: the current one and its rotated predecessors <c>NAME.1</c>, <c>NAME.2</c>, … (higher is
/// older). They are renamed under the reader's hands, so every step is checked by inode.
/// </summary>
internal sealed class LogChain(string currentPath)
{
    // Each try fails only when a rotation fell into its few microseconds; a log that rotates that fast for so long is lost anyway.
    private const int Tries = 100;

    /// <summary>All files that exist, oldest first. The caller disposes them.</summary>
    public List<LogFile> OpenAll()
    {
        // A rotation between two opens would hide the file that moves past us. Files that are found twice under the
        // same names were not moved in between: what was opened the first time is then the whole chain.
        var files = OpenOnce();
        for (var i = 0; i < Tries; i++)
        {
            var again = OpenOnce();
            var same = files.Select(f => f.Inode).SequenceEqual(again.Select(f => f.Inode));
            files.ForEach(f => f.Dispose());
            files = again;
            if (same)
            {
                break;
            }
        }

        return files;
    }

    private List<LogFile> OpenOnce()
    {
        var files = new List<LogFile>();
        var seen = new HashSet<ulong>();
        foreach (var path in Paths())
        {
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

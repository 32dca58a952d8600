using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Pods;

namespace Insulad.Http.Logs;

/// <summary>
/// The files of one log: the current one and its rotated predecessors <c>NAME.1</c>, <c>NAME.2</c>, … (higher is
/// older). They are renamed under the reader's hands, so every step is checked by inode.
/// </summary>
internal sealed class LogChain : IDisposable
{
    private readonly Descriptor _directory;
    private readonly string _current;

    private readonly Action? _beforeLook;

    private LogChain(Descriptor directory, string current, Action? beforeLook)
    {
        _directory = directory;
        _current = current;
        _beforeLook = beforeLook;
    }

    /// <summary>Null when the log has no directory.</summary>
    /// <param name="podDirectory">The pod's directory. Nothing below it that is a link is ours.</param>
    /// <param name="path">The current file in it.</param>
    /// <param name="beforeLook">Done before each look at the files: a test's rotations.</param>
    public static LogChain? TryOpen(string podDirectory, string path, Action? beforeLook = null) =>
        RegularFile.TryOpenDirectory(podDirectory, Path.GetDirectoryName(path)!) is { } directory
            ? new LogChain(directory, Path.GetFileName(path), beforeLook)
            : null;

    /// <summary>Wakes the reader at every change of the files.</summary>
    public LogWatcher.Subscription Watch(LogWatcher watcher) => watcher.Follow(_directory.ProcPath);

    /// <summary>
    /// The files of one moment, oldest first: none between the oldest and the newest is missing. What is rotated away while they
    /// are looked for may be, and what is begun. The caller disposes them.
    /// </summary>
    public List<LogFile> OpenAll()
    {
        // Rotations move files to higher numbers only, and this goes to higher numbers only: every file that is older than the
        // first found is met, unless it is removed before. One that moves along is met again. An older file always has the
        // higher number, so at its last meeting each has its place in the order.
        List<LogFile> met = [];
        LogFile? first = null;
        for (var (number, end) = (0, 0); number <= end; number++)
        {
            var name = number == 0 ? _current : string.Create(CultureInfo.InvariantCulture, $"{_current}.{number}");
            _beforeLook?.Invoke();
            if (LogFile.TryOpen(_directory, name) is { } file) // none while it is being moved
            {
                if (met.Find(f => f.Inode == file.Inode) is { } again)
                {
                    file.Dispose();
                    file = again;
                    met.Remove(again);
                }

                met.Add(file);
                first ??= file;
            }

            if (number == end)
            {
                _beforeLook?.Invoke();
                end = HighestNumber(); // asked again there: the oldest may have moved on
            }
        }

        if (first is null)
        {
            return [];
        }

        // Of those begun later some may have passed unseen. Those removed meanwhile are the oldest; asked from the newest on, so
        // that one that is found removed has none before it that is kept.
        List<LogFile> chain = IsRemoved(first) ? [first] : [first, .. met.SkipWhile(f => f != first).Skip(1).Where(f => !IsRemoved(f))];
        foreach (var file in met.Except(chain))
        {
            file.Dispose();
        }

        chain.Reverse();
        return chain;
    }

    /// <summary>
    /// The file that follows one, which the caller has open; null when that is still the current one. When it has been rotated
    /// away altogether, or there was none, the oldest that is left.
    /// </summary>
    public LogFile? After(LogFile? file)
    {
        if (file is not null && Entries.Status(_directory, _current)?.Inode == file.Inode)
        {
            return null;
        }

        var files = OpenAll();
        var index = files.FindIndex(f => f.Inode == file?.Inode);
        var next = index + 1 < files.Count ? files[index + 1] : null;
        foreach (var other in files.Where(f => f != next))
        {
            other.Dispose();
        }

        return next;
    }

    public void Dispose() => _directory.Dispose();

    private bool IsRemoved(LogFile file)
    {
        _beforeLook?.Invoke();
        return file.IsRemoved;
    }

    private int HighestNumber()
    {
        var highest = 0;
        List<(byte[] Name, byte Type)> entries = [];
        for (var position = 0L; DirectoryReader.ReadSome(_directory, ref position, entries); entries.Clear())
        {
            highest = entries.Select(e => NumberOf(Encoding.UTF8.GetString(e.Name.AsSpan(..^1)))).Append(highest).Max();
        }

        return highest;
    }

    // 0 for what is no file of this log.
    private int NumberOf(string name) =>
        name.StartsWith(_current + ".", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(_current.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number < PodOptions.MostLogFiles ? number : 0;
}

using System.Buffers.Binary;
using System.Text;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insulad.StaticPods;

/// <summary>Tells when a directory, its files, or what those link to may have changed, and which files somebody is writing.</summary>
/// <param name="time">The time.</param>
internal sealed class StaticPodWatch(TimeProvider time) : IDisposable
{
    private const uint Beginnings = sys_inotify.IN_MODIFY | sys_inotify.IN_CREATE;
    private const uint Ends = sys_inotify.IN_CLOSE_WRITE | sys_inotify.IN_MOVED_TO | sys_inotify.IN_MOVED_FROM | sys_inotify.IN_DELETE;
    private const uint Changes = Beginnings | Ends | sys_inotify.IN_ATTRIB | sys_inotify.IN_DELETE_SELF | sys_inotify.IN_MOVE_SELF;

    /// <summary>How long a file that is open for writing rests until what is in it counts.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(1);

    private readonly Descriptor _inotify = Descriptor.FromResult(sys_inotify.inotify_init1(sys_inotify.IN_CLOEXEC | sys_inotify.IN_NONBLOCK), "inotify_init1");
    private readonly Dictionary<string, DateTimeOffset> _writing = [];
    private Dictionary<int, Watched> _watched = [];

    /// <summary>When the first of the files that are being written has rested long enough; null when none is.</summary>
    public DateTimeOffset? Rested => _writing.Count == 0 ? null : _writing.Values.Min() + s_rest;

    /// <summary>Watches a directory, or where it will be, and the places of files outside of it. Whether there is any that was not watched before.</summary>
    public bool Follow(string directory, IEnumerable<string> files)
    {
        var wanted = new Dictionary<string, HashSet<string>?>();
        Place(wanted, directory);
        if (Directory.Exists(directory))
        {
            wanted[directory] = null;
        }

        foreach (var file in files)
        {
            Place(wanted, file);
        }

        var before = _watched;
        _watched = [];
        foreach (var (place, names) in wanted)
        {
            var number = sys_inotify.inotify_add_watch(_inotify, place, Changes | sys_inotify.IN_ONLYDIR);
            if (number >= 0)
            {
                // Two paths may lead to one directory.
                var known = _watched.GetValueOrDefault(number);
                _watched[number] = new Watched(
                    known is null || names is null ? place : known.Directory,
                    names is null || known is { Names: null } ? null : known is null ? names : [.. names, .. known.Names]);
            }
        }

        foreach (var gone in before.Keys.Where(k => !_watched.ContainsKey(k)))
        {
            _ = sys_inotify.inotify_rm_watch(_inotify, gone); // fails when the directory is gone, and the watch with it
        }

        return _watched.Keys.Any(k => !before.ContainsKey(k));
    }

    /// <summary>Completes when something has happened: <see cref="Take"/> says whether it matters.</summary>
    public Task ChangedAsync(EventLoop events, CancellationToken ct) => events.WaitReadableAsync(_inotify, ct);

    /// <summary>Takes all that has happened. Whether any of it matters.</summary>
    public bool Take()
    {
        var matters = false;
        var buffer = new byte[16 * 1024];
        try
        {
            while (_inotify.Read(buffer) is > 0 and var length)
            {
                // struct inotify_event: wd, mask, cookie, len, then len bytes of name.
                for (var at = 0; at + 16 <= length;)
                {
                    var named = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at + 12));
                    var name = Encoding.UTF8.GetString(buffer.AsSpan(at + 16, named)).TrimEnd('\0');
                    matters |= Note(BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at)), BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 4)), name);
                    at += 16 + named;
                }
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.EAGAIN)
        {
            // All of it was read.
        }

        return matters;
    }

    /// <summary>Whether a file is being written: half of a manifest may well be another manifest.</summary>
    public bool IsBeingWritten(string file)
    {
        if (!_writing.TryGetValue(file, out var since) || time.GetUtcNow() < since + s_rest)
        {
            return _writing.ContainsKey(file);
        }

        _writing.Remove(file);
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _inotify.Dispose();

    private bool Note(int number, uint what, string name)
    {
        if ((what & sys_inotify.IN_Q_OVERFLOW) != 0)
        {
            _writing.Clear();
            return true;
        }

        if (!_watched.TryGetValue(number, out var watched) || (name.Length > 0 && watched.Names is { } names && !names.Contains(name)))
        {
            return false;
        }

        var file = Path.Combine(watched.Directory, name);
        if ((what & Ends) != 0)
        {
            _writing.Remove(file);
        }
        else if ((what & sys_inotify.IN_MODIFY) != 0 || ((what & sys_inotify.IN_CREATE) != 0 && IsNew(file)))
        {
            _writing[file] = time.GetUtcNow();
        }

        return (what & sys_inotify.IN_MODIFY) == 0;
    }

    // One that has just been made is about to be written; a link, or another name for what there was, is as it is to be.
    private static bool IsNew(string file)
    {
        try
        {
            using var made = Descriptor.Open(file, fcntl.O_PATH | fcntl.O_NOFOLLOW);
            return Entries.Status(made) is { IsFile: true, Links: 1 };
        }
        catch (LinuxException)
        {
            return false; // gone again
        }
    }

    // Where the name is, or the first of the directories that lead to it and are not there; and the same for what it links to.
    private static void Place(Dictionary<string, HashSet<string>?> wanted, string path)
    {
        for (var hops = 0; hops < 40; hops++)
        {
            string? place = Path.GetDirectoryName(path);
            var name = Path.GetFileName(path);
            while (place is not null && !Directory.Exists(place))
            {
                name = Path.GetFileName(place);
                place = Path.GetDirectoryName(place);
            }

            if (place is null)
            {
                return;
            }

            if (!wanted.TryGetValue(place, out var names))
            {
                wanted[place] = names = [];
            }

            names?.Add(name);
            try
            {
                if (new FileInfo(path).LinkTarget is not { } target)
                {
                    return;
                }

                path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return;
            }
        }
    }

    /// <summary>A directory that is watched.</summary>
    /// <param name="Directory">Its path.</param>
    /// <param name="Names">The names in it that matter; null for all.</param>
    private sealed record Watched(string Directory, HashSet<string>? Names);
}

using Insula.Linux.Cgroups;

namespace Insula.Linux.Tests.Cgroups;

/// <summary>Groups and control files in memory. A cgroup2 group offers what its parent hands on, as the kernel's does.</summary>
internal sealed class FakeCgroupFiles : ICgroupFiles
{
    private readonly SortedSet<string> _directories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = [];

    /// <summary>Writes in order, as "path=value".</summary>
    public List<string> Writes { get; } = [];

    /// <summary>What was read, in order.</summary>
    public List<string> ReadPaths { get; } = [];

    /// <summary>Failures to report, by path; each is reported once.</summary>
    public Dictionary<string, Errno> Failures { get; } = [];

    /// <summary>How often a group still is busy when its removal is tried.</summary>
    public Dictionary<string, int> Busy { get; } = [];

    /// <summary>What else happens at a write, by "path=value".</summary>
    public Dictionary<string, Action> OnWrite { get; } = [];

    /// <summary>Contents that follow each other at each reading, the last one staying, by path.</summary>
    public Dictionary<string, Queue<string>> Reads { get; } = [];

    /// <summary>Makes a file, and the groups above it.</summary>
    public void Put(string path, string content)
    {
        _files[path] = content;
        for (var directory = Parent(path); directory.Length > 0; directory = Parent(directory))
        {
            _directories.Add(directory);
        }
    }

    public bool MakeDirectory(string path)
    {
        // A mount, of which nobody told, is there.
        if (!_directories.Contains(Parent(path)) && Parent(Parent(path)).Length > 0)
        {
            throw new LinuxException("mkdir", path, Errno.ENOENT);
        }

        if (!_directories.Add(path))
        {
            return false;
        }

        if (_files.TryGetValue($"{Parent(path)}/cgroup.subtree_control", out var handedOn))
        {
            _files[$"{path}/cgroup.controllers"] = handedOn;
            _files[$"{path}/cgroup.subtree_control"] = "";
        }

        return true;
    }

    public Errno RemoveDirectory(string path)
    {
        if (!_directories.Contains(path))
        {
            return Errno.ENOENT;
        }

        if (Busy.TryGetValue(path, out var times) && times > 0)
        {
            Busy[path] = times - 1;
            return Errno.EBUSY;
        }

        if (Children(path).Count > 0)
        {
            return Errno.EBUSY;
        }

        _directories.Remove(path);
        return Errno.None;
    }

    public Errno Write(string path, string value)
    {
        Writes.Add($"{path}={value}");
        OnWrite.GetValueOrDefault(Writes[^1])?.Invoke();
        if (Failures.Remove(path, out var errno))
        {
            return errno;
        }

        if (path.EndsWith("/cgroup.subtree_control", StringComparison.Ordinal))
        {
            var words = value.Split(' ').Select(word => word[1..]);
            _files[path] = string.Join(' ', _files[path].Split(' ', StringSplitOptions.RemoveEmptyEntries).Union(words));
        }

        return _directories.Contains(Parent(path)) ? Errno.None : Errno.ENOENT;
    }

    public string? Read(string path)
    {
        ReadPaths.Add(path);
        if (Reads.TryGetValue(path, out var next) && next.TryDequeue(out var content))
        {
            _files[path] = content;
        }

        return _files.GetValueOrDefault(path);
    }

    public IReadOnlyList<string> Children(string path) =>
        [.. _directories.Where(directory => Parent(directory) == path).Select(directory => directory[(path.Length + 1)..])];

    public bool Exists(string path) => _directories.Contains(path) || _files.ContainsKey(path);

    private static string Parent(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];
}

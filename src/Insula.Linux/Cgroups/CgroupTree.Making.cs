using System.Collections.Concurrent;

namespace Insula.Linux.Cgroups;

/// <summary>How groups come to be.</summary>
public sealed partial class CgroupTree
{
    // Directories of groups that are there and hand on their controllers: to look again at each of a group's parents costs more than to make it.
    private readonly ConcurrentDictionary<string, bool> _handingOn = new(StringComparer.Ordinal);

    private void MakeAndApply(string path, CgroupSettings settings)
    {
        foreach (var hierarchy in _hierarchies)
        {
            Make(hierarchy, path);
        }

        Apply(path, settings);
    }

    private void Make(CgroupHierarchy hierarchy, string path)
    {
        var directory = hierarchy.Mount;
        var components = $"{hierarchy.Parent}/{RootName}/{path}".Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < components.Length; i++)
        {
            // Top-down: a group may hand on only what it was given itself.
            if (!_handingOn.ContainsKey(directory))
            {
                EnableControllers(hierarchy, directory);
                _handingOn[directory] = true;
            }

            directory = $"{directory}/{components[i]}";
            if ((i == components.Length - 1 || !_handingOn.ContainsKey(directory)) && _files.MakeDirectory(directory))
            {
                _handingOn.TryRemove(directory, out _);
            }
        }
    }

    private void EnableControllers(CgroupHierarchy hierarchy, string directory)
    {
        if (!hierarchy.Unified || hierarchy.Controllers.Count == 0)
        {
            return;
        }

        var file = $"{directory}/cgroup.subtree_control";
        var enabled = Words(_files.Read(file));
        var offered = Words(_files.Read($"{directory}/cgroup.controllers"));
        var missing = hierarchy.Controllers.Where(name => offered.Contains(name) && !enabled.Contains(name)).Order(StringComparer.Ordinal).ToArray();
        if (missing.Length == 0)
        {
            return;
        }

        var errno = _files.Write(file, string.Join(' ', missing.Select(name => $"+{name}")));
        if (errno != Errno.None)
        {
            throw new LinuxException($"enable controllers {string.Join(", ", missing)} in", file, errno);
        }
    }

    // cgroup2 lets no group with processes of its own hand on controllers, but for the hierarchy's root, which alone has no type. The
    // mount's root need not be that: in a container it is the container's group, with the daemon in it.
    private void LeaveForLeaf(string parent)
    {
        if (!_files.Exists($"{parent}/cgroup.type"))
        {
            return;
        }

        // Until none is left: a process may fork between the reading and its move. One that does not go is ending.
        HashSet<int> moved = [];
        while (CgroupText.Processes(_files.Read($"{parent}/cgroup.procs")).Where(process => moved.Add(process)).ToArray() is { Length: > 0 } processes)
        {
            _files.MakeDirectory($"{parent}/{CgroupLayout.OwnLeaf}");
            foreach (var process in processes)
            {
                var errno = _files.Write($"{parent}/{CgroupLayout.OwnLeaf}/cgroup.procs", $"{process}");
                if (errno is not (Errno.None or Errno.ESRCH))
                {
                    throw new LinuxException($"move process {process} to", $"{parent}/{CgroupLayout.OwnLeaf}", errno);
                }
            }
        }
    }

    private static HashSet<string> Words(string? text) =>
        [.. (text ?? "").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];
}

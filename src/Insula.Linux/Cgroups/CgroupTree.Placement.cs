using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Linux.Cgroups;

public sealed partial class CgroupTree
{
    /// <summary>
    /// Opens what a launcher needs to put a process into the group. The caller disposes it. Where a hierarchy does not have the group
    /// (one made for tracking), the nearest group above counts.
    /// </summary>
    /// <exception cref="LinuxException">ENOENT: the group is in no hierarchy.</exception>
    public CgroupPlacement OpenPlacement(string path)
    {
        Check(path);
        Descriptor? unified = null;
        var tasks = new List<Descriptor>();
        try
        {
            var isThere = false;
            foreach (var hierarchy in _hierarchies)
            {
                // Opened without being looked for first: each look is a walk of the whole path.
                var at = path;
                var opened = TryOpen(hierarchy, at);
                for (; opened is null && at.Length > 0; opened = TryOpen(hierarchy, at))
                {
                    at = Above(at);
                }

                if (opened is null)
                {
                    throw new LinuxException("open cgroup", DirectoryOf(hierarchy, at), Errno.ENOENT);
                }

                isThere |= at == path;
                if (hierarchy.Unified)
                {
                    unified = opened;
                }
                else
                {
                    tasks.Add(opened);
                }
            }

            if (!isThere)
            {
                throw new LinuxException("open cgroup", path, Errno.ENOENT);
            }

            return new CgroupPlacement(unified, tasks);
        }
        catch
        {
            new CgroupPlacement(unified, tasks).Dispose();
            throw;
        }
    }

    /// <summary>Moves a process with all its threads into the group. One that has ended is in none.</summary>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public void Join(string path, int process)
    {
        foreach (var hierarchy in _hierarchies)
        {
            var file = $"{DirectoryOf(hierarchy, NearestIn(hierarchy, Check(path)))}/cgroup.procs";
            var errno = _files.Write(file, $"{process}");
            if (errno is not (Errno.None or Errno.ESRCH))
            {
                throw new LinuxException($"move process {process} to", file, errno);
            }
        }
    }

    /// <summary>Opens the group's directory in cgroup2 or, on pure v1, in the hierarchy that tracks.</summary>
    public Descriptor OpenDirectory(string path) =>
        Directories.Open(FindDirectory(path) ?? FindDirectory(path, "freezer") ?? DirectoryOf(_hierarchies[0], path));

    /// <summary>Limits the group to an allow-list of devices: by BPF on cgroup2, by the devices controller on pure v1.</summary>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public void ApplyDevices(string path, IReadOnlyList<DeviceRule> rules)
    {
        if (Unified is { } unified)
        {
            using var directory = Directories.Open(DirectoryOf(unified, path));
            DeviceFilter.Attach(directory, rules);
            return;
        }

        var devices = FindDirectory(path, "devices") ?? throw new NotSupportedException("Neither cgroup2 nor the devices controller is there to limit devices.");
        WriteAll(devices, [new CgroupWrite("devices", "devices.deny", "a")]);
        foreach (var rule in rules)
        {
            WriteAll(devices, [new CgroupWrite("devices", "devices.allow", DeviceFilter.ToV1(rule))]);
        }
    }

    private string NearestIn(CgroupHierarchy hierarchy, string path)
    {
        while (path.Length > 0 && !_files.Exists(DirectoryOf(hierarchy, path)))
        {
            path = Above(path);
        }

        return path;
    }

    private Descriptor? TryOpen(CgroupHierarchy hierarchy, string path)
    {
        var directory = DirectoryOf(hierarchy, path);
        return hierarchy.Unified ? Descriptor.TryOpen(directory, fcntl.O_RDONLY | fcntl.O_DIRECTORY) : Descriptor.TryOpen($"{directory}/tasks", fcntl.O_WRONLY);
    }

    private static string Above(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "";
}

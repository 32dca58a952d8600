using Insula.Linux.Mounts;

namespace Insula.Linux.Cgroups;

/// <summary>Which hierarchies of a host the instance uses, derived from its mounts alone.</summary>
/// <param name="Mode">How the host is set up.</param>
/// <param name="Hierarchies">Those in use; the cgroup2 one, if any, first.</param>
internal sealed record CgroupLayout(CgroupMode Mode, IReadOnlyList<CgroupHierarchy> Hierarchies)
{
    /// <summary>The leaf of a delegated group in which the daemon lives; packaged units name it in <c>DelegateSubgroup=</c>.</summary>
    internal const string OwnLeaf = "daemon";

    private const string HugePages = "hugetlb";

    // Only what pods are limited by: every further hierarchy or controller makes each start dearer.
    private static readonly string[] _wanted = ["cpu", "memory", "pids", HugePages];

    // What is only counted by it, where it is a file more in groups that are made anyway.
    private static readonly string[] _counted = ["io"];

    // Without cgroup2: cpuacct for CPU time (which cgroup2 counts by itself), freezer to kill a group whole, devices for the
    // allow-list (instead of BPF), and systemd's own tracking hierarchy, so that the end of the daemon's unit does not end the pods.
    private static readonly string[] _wantedWithoutUnified = [.. _wanted, "cpuacct", "freezer", "devices", "name=systemd"];

    // Mounted together with a wanted one, they serve too.
    private static readonly string[] _welcome = ["cpuacct"];

    /// <summary>Chooses the hierarchies.</summary>
    /// <param name="mounts">The mounts of this mount namespace.</param>
    /// <param name="ownGroup">This process' cgroup2 path, from the line <c>0::</c> of /proc/self/cgroup; null when there is none.</param>
    /// <param name="parent">The configured parent group; null to choose.</param>
    /// <param name="earlier">Says for a cgroup2 mount where an earlier daemon of the instance has left its root; null when it has not.</param>
    /// <param name="readControllers">Reads the cgroup.controllers of a cgroup2 directory.</param>
    /// <param name="isDelegated">Whether systemd has delegated a cgroup2 directory.</param>
    /// <exception cref="NotSupportedException">No hierarchy is mounted.</exception>
    public static CgroupLayout From(
        IReadOnlyList<MountInfo> mounts,
        string? ownGroup,
        string? parent,
        Func<string, string?> earlier,
        Func<string, string> readControllers,
        Func<string, bool> isDelegated)
    {
        var hierarchies = new List<CgroupHierarchy>();
        var v1 = FirstOfEachDevice(mounts, "cgroup");
        var unified = FirstOfEachDevice(mounts, "cgroup2").FirstOrDefault();
        if (unified is null && v1.Count == 0)
        {
            throw new NotSupportedException("No cgroup hierarchy is mounted: mount cgroup2 at /sys/fs/cgroup.");
        }

        if (unified is not null)
        {
            // Pods stay where they were made, wherever the next daemon is started from: as another unit, or by hand.
            var at = earlier(unified.Target) ?? Normalise(parent) ?? Delegated(unified, ownGroup, isDelegated) ?? "";
            var offered = Words(readControllers(Join(unified.Target, at)));
            var wanted = _wanted.Intersect(offered).ToHashSet();
            if (wanted.Count > 0)
            {
                wanted.UnionWith(_counted.Intersect(offered));
            }

            // systemd knows nothing of it, and neither hands it on to its units nor takes it away from them.
            if (Words(readControllers(unified.Target)).Contains(HugePages))
            {
                wanted.Add(HugePages);
            }

            hierarchies.Add(new CgroupHierarchy(unified.Target, at, true, wanted));
        }

        foreach (var mount in v1)
        {
            var wanted = (unified is null ? _wantedWithoutUnified : _wanted).Intersect(mount.SuperOptions).ToHashSet();
            if (wanted.Count > 0)
            {
                wanted.UnionWith(_welcome.Intersect(mount.SuperOptions));
                hierarchies.Add(new CgroupHierarchy(mount.Target, earlier(mount.Target) ?? Normalise(parent) ?? "", false, wanted));
            }
        }

        var mode = unified is null ? CgroupMode.Legacy
            : hierarchies.Count > 1 ? CgroupMode.Hybrid
            : CgroupMode.Unified;
        return new CgroupLayout(mode, hierarchies);
    }

    /// <summary>
    /// The v1 hierarchies of the kernel in which the instance makes no groups: what it starts stands in its own group there, often
    /// the hierarchy's root. By the names they are mounted under (<c>cpuset</c>, <c>systemd</c>).
    /// </summary>
    /// <param name="ownGroups">The lines of /proc/self/cgroup, <c>NUMBER:CONTROLLERS:PATH</c> (cgroups(7)).</param>
    public IReadOnlyList<string> Unused(IEnumerable<string> ownGroups)
    {
        var used = Hierarchies.SelectMany(hierarchy => hierarchy.Controllers).ToHashSet();
        return
        [
            .. ownGroups.Select(line => line.Split(':', 3)[1])
                .Where(controllers => controllers.Length > 0 && !controllers.Split(',').Any(used.Contains))
                .Select(controllers => controllers.StartsWith("name=", StringComparison.Ordinal) ? controllers["name=".Length..] : controllers),
        ];
    }

    /// <summary>Joins a directory and a relative path that may be empty.</summary>
    public static string Join(string directory, string path) => path.Length == 0 ? directory : $"{directory}/{path}";

    private static string[] Words(string text) => text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static string? Normalise(string? parent) => parent?.Trim('/');

    private static string? Delegated(MountInfo mount, string? ownGroup, Func<string, bool> isDelegated)
    {
        // The group's path counts from the hierarchy's root, of which the mount may show only a part.
        if (ownGroup is null || !ownGroup.StartsWith(mount.Root, StringComparison.Ordinal))
        {
            return null;
        }

        var relative = ownGroup[mount.Root.Length..].Trim('/');
        if (relative == OwnLeaf || relative.EndsWith($"/{OwnLeaf}", StringComparison.Ordinal))
        {
            // Born in the leaf: systemd's DelegateSubgroup=, or a parent that an earlier daemon has moved there.
            relative = relative[..^OwnLeaf.Length].TrimEnd('/');
        }

        return relative.Length > 0 && isDelegated(Join(mount.Target, relative)) ? relative : null;
    }

    // One hierarchy may be mounted at several places; the mount that shows most of it counts.
    private static List<MountInfo> FirstOfEachDevice(IReadOnlyList<MountInfo> mounts, string type) =>
        [.. mounts.Where(mount => mount.Type == type)
            .GroupBy(mount => (mount.Major, mount.Minor))
            .Select(group => group.MinBy(mount => mount.Root.Length)!)];
}

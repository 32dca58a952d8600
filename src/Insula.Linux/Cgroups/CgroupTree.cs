using Insula.Linux.Events;
using Insula.Linux.LibC;
using Insula.Linux.Memory;
using Insula.Linux.Mounts;

namespace Insula.Linux.Cgroups;

/// <summary>
/// The instance's cgroups, in as many hierarchies as the host has: one tree of relative paths such as
/// <c>pods/burstable/pod…/web.0</c> below one root, made, limited, read, killed and removed in all of them alike.
/// Paths are relative to the instance's root group; the empty path is that group itself.
/// </summary>
public sealed partial class CgroupTree
{
    // Far more than any tree of ours needs. A container that may write its cgroupfs could otherwise nest groups until paths are too long to remove them.
    private const string MaxDepth = "64";

    private readonly IReadOnlyList<CgroupHierarchy> _hierarchies;
    private readonly ICgroupFiles _files;
    private readonly EventLoop _loop;
    private readonly TimeProvider _time;

    internal CgroupTree(CgroupLayout layout, string rootName, ICgroupFiles files, EventLoop loop, TimeProvider time)
    {
        Check(rootName);
        Mode = layout.Mode;
        RootName = rootName;
        _hierarchies = layout.Hierarchies;
        _files = files;
        _loop = loop;
        _time = time;
        Controllers = _hierarchies.SelectMany(hierarchy => hierarchy.Controllers).ToHashSet();
        Unified = _hierarchies.FirstOrDefault(hierarchy => hierarchy.Unified);
    }

    /// <summary>How the host is set up.</summary>
    public CgroupMode Mode { get; }

    /// <summary>The name of the instance's root group.</summary>
    public string RootName { get; }

    /// <summary>The controllers that are at hand, by their kernel names (<c>memory</c>, <c>cpu</c>, <c>pids</c> …).</summary>
    public IReadOnlySet<string> Controllers { get; }

    /// <summary>Version 1 hierarchies, by the names they are mounted under, in which the instance makes no groups; empty on pure cgroup2.</summary>
    public IReadOnlyList<string> UnusedHierarchies { get; private init; } = [];

    /// <summary>Whether memory is controlled by cgroup2, which alone can throttle and protect it.</summary>
    public bool IsMemoryUnified => Unified?.Has("memory") == true;

    /// <summary>Whether the kernel counts swap by cgroup2, which alone can limit it by itself.</summary>
    public bool CountsSwap => IsMemoryUnified && _files.Exists($"{RootOf(Unified!)}/memory.swap.max");

    /// <summary>The sizes of huge pages that are counted.</summary>
    internal IReadOnlyList<long> PageSizes { get; init; } = [];

    private CgroupHierarchy? Unified { get; }

    /// <summary>Finds the hierarchies from /proc/self/mountinfo and creates the root group in each.</summary>
    /// <param name="rootName">The instance's group: <c>insula</c> or <c>insula-TAG</c>.</param>
    /// <param name="loop">Waits for the events of groups.</param>
    /// <param name="parent">
    /// The group to make the root in, from each hierarchy's root on. Null chooses: on cgroup2 the daemon's own group when systemd
    /// delegated it (the daemon then moves to a leaf in it), else the hierarchy's root.
    /// </param>
    /// <param name="time">Deadlines; null for the system's.</param>
    /// <param name="rememberIn">
    /// A file that keeps the chosen place for the next daemon, which takes it again as long as the root group is there; null for none.
    /// </param>
    /// <exception cref="LinuxException">A hierarchy is read-only, or the group cannot be made.</exception>
    /// <exception cref="NotSupportedException">No hierarchy is mounted.</exception>
    public static CgroupTree Detect(string rootName, EventLoop loop, string? parent = null, TimeProvider? time = null, string? rememberIn = null)
    {
        var files = new KernelCgroupFiles();
        var ownGroups = File.ReadAllLines("/proc/self/cgroup");
        var own = ownGroups.FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        var layout = CgroupLayout.From(
            MountInfo.ReadSelf(),
            own,
            parent,
            mount => CgroupMemory.Recall(files, rememberIn, mount, rootName),
            directory => files.Read($"{directory}/cgroup.controllers") ?? "",
            IsDelegated);
        if (parent is not null && layout.Hierarchies.FirstOrDefault(h => h.Unified) is { } root && !files.Exists(CgroupLayout.Join(root.Mount, root.Parent)))
        {
            throw new LinuxException("find the parent cgroup", CgroupLayout.Join(root.Mount, root.Parent), Errno.ENOENT);
        }

        var tree = new CgroupTree(layout, rootName, files, loop, time ?? TimeProvider.System)
        {
            UnusedHierarchies = layout.Unused(ownGroups),
            PageSizes = HugePagePool.Sizes(),
        };
        tree.CreateRoot();
        if (rememberIn is not null && tree.Unified is { } unified)
        {
            CgroupMemory.Keep(rememberIn, unified.Parent);
        }

        return tree;
    }

    /// <summary>Creates a group, and its missing parents, in every hierarchy and limits it; an existing one is limited anew.</summary>
    /// <exception cref="LinuxException">The group cannot be made, or a limit is refused; the message names the file.</exception>
    public void Create(string path, CgroupSettings settings)
    {
        Check(path);
        try
        {
            MakeAndApply(path, settings);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT && !_handingOn.IsEmpty)
        {
            // Somebody removed a group that was made once, or took its controllers away.
            _handingOn.Clear();
            MakeAndApply(path, settings);
        }
    }

    /// <summary>
    /// Creates a group only for tracking and killing, below one that has processes of its own (an exec below its container).
    /// It has no controllers: what runs in it counts towards the group above.
    /// </summary>
    /// <exception cref="LinuxException">ENOENT: the group above is gone; it is not made again.</exception>
    public void CreateTracking(string path)
    {
        var hierarchy = Unified ?? _hierarchies.FirstOrDefault(candidate => candidate.Has("freezer"))
            ?? throw new NotSupportedException("Neither cgroup2 nor the freezer is there to track processes.");
        _files.MakeDirectory(DirectoryOf(hierarchy, path));
    }

    /// <summary>Sets limits of an existing group. Those whose controller is missing on this host are left out.</summary>
    /// <exception cref="LinuxException">A limit is refused; the message names the file.</exception>
    public void Apply(string path, CgroupSettings settings)
    {
        foreach (var hierarchy in _hierarchies)
        {
            var writes = hierarchy.Unified ? CgroupConversion.ToV2(settings) : CgroupConversion.ToV1(settings);
            WriteAll(DirectoryOf(hierarchy, path), [.. writes.Where(write => hierarchy.Has(write.Controller))]);
        }
    }

    /// <summary>Names of the groups directly below, over all hierarchies; empty for a group that is not there.</summary>
    /// <param name="path">Relative path; empty for the instance's root.</param>
    public IReadOnlyList<string> List(string path) =>
        [.. _hierarchies.SelectMany(hierarchy => _files.Children(DirectoryOf(hierarchy, path))).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Whether the group exists in any hierarchy.</summary>
    public bool Exists(string path) => _hierarchies.Any(hierarchy => _files.Exists(DirectoryOf(hierarchy, path)));

    /// <summary>The processes directly in the group, over all hierarchies.</summary>
    public IReadOnlyList<int> ReadProcesses(string path) =>
        [.. _hierarchies.SelectMany(hierarchy => CgroupText.Processes(_files.Read($"{DirectoryOf(hierarchy, path)}/cgroup.procs"))).Distinct().Order()];

    /// <summary>The group's directory in the hierarchy of a controller (in cgroup2 for null); null when there is no such hierarchy.</summary>
    public string? FindDirectory(string path, string? controller = null) =>
        (controller is null ? Unified : _hierarchies.FirstOrDefault(hierarchy => hierarchy.Has(controller))) is { } found
            ? DirectoryOf(found, path)
            : null;

    internal string DirectoryOf(CgroupHierarchy hierarchy, string path) =>
        CgroupLayout.Join(RootOf(hierarchy), path.Length == 0 ? path : Check(path));

    internal void CreateRoot()
    {
        foreach (var hierarchy in _hierarchies)
        {
            if (hierarchy.Unified && hierarchy.Controllers.Count > 0)
            {
                LeaveForLeaf(CgroupLayout.Join(hierarchy.Mount, hierarchy.Parent));
            }

            Make(hierarchy, "");
            if (hierarchy.Unified)
            {
                WriteAll(RootOf(hierarchy), [new CgroupWrite("cgroup", "cgroup.max.depth", MaxDepth)]);
            }
        }
    }

    private static unsafe bool IsDelegated(string directory)
    {
        // systemd marks what it delegates; below an unmarked group it would undo what we change.
        byte value;
        return (sys_xattr.lgetxattr(directory, "trusted.delegate", &value, 1) == 1
            || sys_xattr.lgetxattr(directory, "user.delegate", &value, 1) == 1) && value == (byte)'1';
    }

    private static string Check(string path)
    {
        var isPlain = !path.AsSpan().ContainsAny('\0', '\n');
        foreach (var component in path.AsSpan().Split('/'))
        {
            isPlain &= path.AsSpan(component) is not ("" or "." or "..");
        }

        return isPlain ? path : throw new ArgumentException($"Not a relative path of a cgroup: '{path}'", nameof(path));
    }

    private string RootOf(CgroupHierarchy hierarchy) => $"{CgroupLayout.Join(hierarchy.Mount, hierarchy.Parent)}/{RootName}";

    private void WriteAll(string directory, IReadOnlyList<CgroupWrite> writes)
    {
        var postponed = new List<CgroupWrite>();
        foreach (var write in writes)
        {
            // EINVAL: the other value of a pair (memory and its sum with swap, quota and period) must change first.
            // EBUSY: v1 cannot reclaim down to the new limit, which stays an error unless the order was at fault.
            if (!TryWrite(directory, write, out var errno))
            {
                if (errno is Errno.EINVAL or Errno.EBUSY)
                {
                    postponed.Add(write);
                }
                else
                {
                    throw new LinuxException($"write {write.Value} to", $"{directory}/{write.File}", errno);
                }
            }
        }

        foreach (var write in postponed)
        {
            if (!TryWrite(directory, write, out var errno))
            {
                throw new LinuxException($"write {write.Value} to", $"{directory}/{write.File}", errno);
            }
        }
    }

    private bool TryWrite(string directory, CgroupWrite write, out Errno errno)
    {
        errno = _files.Write($"{directory}/{write.File}", write.Value);
        return errno == Errno.None || (write.Optional && errno is Errno.ENOENT or Errno.EOPNOTSUPP);
    }
}

namespace Insula.Linux.Cgroups;

public sealed partial class CgroupTree
{
    // v1 has no word for "no limit": it shows the largest number of bytes in whole pages.
    private const long NoMemoryLimit = CgroupText.NoMemoryLimit;

    /// <summary>
    /// Counters of out-of-memory kills and refused forks; zero for a group that is not there.
    /// On v1 a kill counts in the victim's own group only, on v2 in every group above it too.
    /// </summary>
    public CgroupEvents ReadEvents(string path)
    {
        var memory = FindDirectory(path, "memory");
        var pids = FindDirectory(path, "pids");
        var kills = memory is null ? null : CgroupText.Field(_files.Read($"{memory}/{(IsMemoryUnified ? "memory.events" : "memory.oom_control")}"), "oom_kill");
        var forks = pids is null ? null : CgroupText.Field(_files.Read($"{pids}/pids.events"), "max");
        return new CgroupEvents(kills ?? 0, forks ?? 0);
    }

    /// <summary>
    /// Whether the kernel holds a group to limits, as it shows them: memory in whole pages, and shares by their weight. What no controller limits on this host,
    /// and swap, which not every kernel counts, is not looked at.
    /// </summary>
    public bool Holds(string path, CgroupSettings settings)
    {
        foreach (var hierarchy in _hierarchies)
        {
            var writes = hierarchy.Unified ? CgroupConversion.ToV2(settings) : CgroupConversion.ToV1(settings);
            foreach (var write in writes.Where(write => hierarchy.Has(write.Controller) && !write.Optional))
            {
                if (_files.Read($"{DirectoryOf(hierarchy, path)}/{write.File}") is not { } text || !CgroupText.Shows(text, write.Value))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>A size of huge pages as the kernel's files and metrics have it: <c>2MB</c>, <c>1GB</c>.</summary>
    public static string PageSizeName(long bytes) => CgroupConversion.PageSize(bytes);

    /// <summary>Use of resources; all null for a group that is not there.</summary>
    public CgroupStats ReadStats(string path)
    {
        var stats = FindDirectory(path, "pids") is not { } pids
            ? new CgroupStats()
            : new CgroupStats
            {
                Pids = CgroupText.Number(_files.Read($"{pids}/pids.current")),
                PidsLimit = CgroupText.Number(_files.Read($"{pids}/pids.max")),
            };
        return WithHugePages(path, WithPressure(path, WithDisk(path, WithMemory(path, WithCpu(path, stats)))));
    }

    /// <summary>
    /// The groups that hold all that the instance runs and have a limit of their own: the instance's root and those above it that can be seen.
    /// </summary>
    /// <param name="controller"><c>memory</c> (bytes, the working set) or <c>pids</c>.</param>
    public IReadOnlyList<CgroupBound> ReadBounds(string controller)
    {
        var bounds = new List<CgroupBound>();
        if (_hierarchies.FirstOrDefault(candidate => candidate.Has(controller)) is not { } hierarchy)
        {
            return bounds;
        }

        for (var directory = RootOf(hierarchy); directory.Length >= hierarchy.Mount.Length; directory = directory[..directory.LastIndexOf('/')])
        {
            var (used, limit) = controller == "pids"
                ? (CgroupText.Number(_files.Read($"{directory}/pids.current")), CgroupText.Number(_files.Read($"{directory}/pids.max")))
                : WithMemoryOf(directory, new CgroupStats()) is var memory ? (memory.MemoryWorkingSet, memory.MemoryLimit) : default;
            if (used is { } there && limit is { } most)
            {
                bounds.Add(new CgroupBound(directory, there, most));
            }
        }

        return bounds;
    }

    /// <summary>Groups above the instance's root that can be seen and protect no memory: without them nothing below is protected.</summary>
    public IReadOnlyList<string> ReadUnprotected()
    {
        var groups = new List<string>();
        if (Unified is not { } hierarchy || !IsMemoryUnified)
        {
            return groups;
        }

        var root = RootOf(hierarchy);
        for (var directory = root[..root.LastIndexOf('/')]; directory.Length > hierarchy.Mount.Length; directory = directory[..directory.LastIndexOf('/')])
        {
            if (CgroupText.Number(_files.Read($"{directory}/memory.min")) == 0 && CgroupText.Number(_files.Read($"{directory}/memory.low")) == 0)
            {
                groups.Add(directory);
            }
        }

        return groups;
    }

    private CgroupStats WithCpu(string path, CgroupStats stats)
    {
        const long NanosecondsPerMicrosecond = 1000;
        var cpu = FindDirectory(path, "cpu") ?? FindDirectory(path);
        var text = cpu is null ? null : _files.Read($"{cpu}/cpu.stat");

        // cgroup2 counts CPU time in every group, with or without the controller.
        var unified = FindDirectory(path) is { } directory && directory != cpu ? _files.Read($"{directory}/cpu.stat") : text;
        var accounting = FindDirectory(path, "cpuacct");
        var usage = accounting is null ? null : CgroupText.Number(_files.Read($"{accounting}/cpuacct.usage")) / NanosecondsPerMicrosecond;
        return stats with
        {
            CpuUsageMicroseconds = usage ?? CgroupText.Field(unified, "usage_usec"),
            CpuLimitNanoCores = cpu is null ? null : ReadCpuLimit(cpu),
            CpuPeriods = CgroupText.Field(text, "nr_periods"),
            CpuThrottledPeriods = CgroupText.Field(text, "nr_throttled"),
            CpuThrottledMicroseconds = CgroupText.Field(text, "throttled_usec") ?? (CgroupText.Field(text, "throttled_time") / NanosecondsPerMicrosecond),
        };
    }

    private long? ReadCpuLimit(string cpu)
    {
        const long NanosecondsPerSecond = 1_000_000_000;
        var (quota, period) = _files.Read($"{cpu}/cpu.max")?.Split(' ') is [var first, var second]
            ? (first, second)
            : (_files.Read($"{cpu}/cpu.cfs_quota_us"), _files.Read($"{cpu}/cpu.cfs_period_us"));

        // No limit is "max" on v2 and -1 on v1: neither is a number here.
        return CgroupText.Number(quota) is { } allowed && CgroupText.Number(period) is > 0 and var every
            ? (long)((Int128)allowed * NanosecondsPerSecond / every)
            : null;
    }

    private CgroupStats WithMemory(string path, CgroupStats stats)
    {
        return FindDirectory(path, "memory") is { } memory ? WithMemoryOf(memory, stats) : stats;
    }

    private CgroupStats WithMemoryOf(string memory, CgroupStats stats)
    {
        var text = _files.Read($"{memory}/memory.stat");
        var current = CgroupText.Number(_files.Read($"{memory}/memory.current") ?? _files.Read($"{memory}/memory.usage_in_bytes"));
        var inactive = CgroupText.Field(text, "total_inactive_file") ?? CgroupText.Field(text, "inactive_file") ?? 0;
        var high = CgroupText.Number(_files.Read($"{memory}/memory.high"));
        return stats with
        {
            MemoryCurrent = current,
            MemoryWorkingSet = current is { } bytes ? Math.Max(0, bytes - inactive) : null,
            MemoryPeak = CgroupText.Number(_files.Read($"{memory}/memory.peak") ?? _files.Read($"{memory}/memory.max_usage_in_bytes")),
            MemoryLimit = CgroupText.Number(_files.Read($"{memory}/memory.max") ?? _files.Read($"{memory}/memory.limit_in_bytes")) is < NoMemoryLimit and var limit
                ? limit
                : null,
            MemoryHigh = high,
            MemoryMin = CgroupText.Number(_files.Read($"{memory}/memory.min")) is > 0 and var min ? min : null,
            MemoryLow = CgroupText.Number(_files.Read($"{memory}/memory.low")) is > 0 and var low ? low : null,
            MemoryThrottled = high is null ? null : CgroupText.Field(_files.Read($"{memory}/memory.events"), "high"),
        };
    }

    // Groups of an earlier daemon may lack the file.
    private CgroupStats WithDisk(string path, CgroupStats stats) =>
        FindDirectory(path, "io") is { } io && _files.Read($"{io}/io.stat") is { } text ? stats with { Disk = CgroupText.DiskUse(text) } : stats;

    private CgroupStats WithHugePages(string path, CgroupStats stats)
    {
        if (FindDirectory(path, "hugetlb") is not { } hugetlb)
        {
            return stats;
        }

        var used = new Dictionary<long, long>();
        foreach (var size in PageSizes)
        {
            var file = $"{hugetlb}/hugetlb.{CgroupConversion.PageSize(size)}";
            if (CgroupText.Number(_files.Read($"{file}.current") ?? _files.Read($"{file}.usage_in_bytes")) is > 0 and var bytes)
            {
                used[size] = bytes;
            }
        }

        return used.Count > 0 ? stats with { HugePages = used } : stats;
    }

    // cgroup2 measures it in every group, with or without controllers, unless the kernel was booted with psi=0.
    private CgroupStats WithPressure(string path, CgroupStats stats) => FindDirectory(path) is not { } directory
        ? stats
        : stats with
        {
            CpuPressure = CgroupText.Pressure(_files.Read($"{directory}/cpu.pressure")),
            MemoryPressure = CgroupText.Pressure(_files.Read($"{directory}/memory.pressure")),
            DiskPressure = CgroupText.Pressure(_files.Read($"{directory}/io.pressure")),
        };
}

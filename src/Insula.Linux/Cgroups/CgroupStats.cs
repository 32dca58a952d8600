namespace Insula.Linux.Cgroups;

/// <summary>
/// Use of resources by a cgroup and everything below it, and what limits it; null where no controller counts it, or nothing limits it.
/// </summary>
public sealed record CgroupStats
{
    private static readonly Dictionary<long, long> s_none = [];

    /// <summary>CPU time used, microseconds.</summary>
    public long? CpuUsageMicroseconds { get; init; }

    /// <summary>CPU time the group may use in a second of time, nanoseconds: 10⁹ is one core.</summary>
    public long? CpuLimitNanoCores { get; init; }

    /// <summary>Enforcement periods in which the group wanted to run.</summary>
    public long? CpuPeriods { get; init; }

    /// <summary>Periods in which the group was throttled.</summary>
    public long? CpuThrottledPeriods { get; init; }

    /// <summary>Time it was throttled, microseconds.</summary>
    public long? CpuThrottledMicroseconds { get; init; }

    /// <summary>Memory in use, bytes, page cache included.</summary>
    public long? MemoryCurrent { get; init; }

    /// <summary>The working set: memory without inactive file pages, bytes.</summary>
    public long? MemoryWorkingSet { get; init; }

    /// <summary>The most memory ever in use, bytes.</summary>
    public long? MemoryPeak { get; init; }

    /// <summary>Most memory, bytes.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Memory from which on it is throttled, bytes.</summary>
    public long? MemoryHigh { get; init; }

    /// <summary>Memory that is never taken back, bytes.</summary>
    public long? MemoryMin { get; init; }

    /// <summary>Memory that is taken back last, bytes.</summary>
    public long? MemoryLow { get; init; }

    /// <summary>How often it was throttled for its memory.</summary>
    public long? MemoryThrottled { get; init; }

    /// <summary>Memory in huge pages, bytes by the size of a page; sizes of which it has none are not there.</summary>
    public IReadOnlyDictionary<long, long> HugePages { get; init; } = s_none;

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>Most processes and threads.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Reads and writes; cgroup2 alone counts them here.</summary>
    public DiskUse? Disk { get; init; }

    /// <summary>Waiting for a processor.</summary>
    public Pressure? CpuPressure { get; init; }

    /// <summary>Waiting for memory.</summary>
    public Pressure? MemoryPressure { get; init; }

    /// <summary>Waiting for reads and writes.</summary>
    public Pressure? DiskPressure { get; init; }
}

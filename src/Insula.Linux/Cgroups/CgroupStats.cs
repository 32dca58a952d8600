namespace Insula.Linux.Cgroups;

/// <summary>Use of resources by a cgroup and everything below it; null where no controller counts it.</summary>
public sealed record CgroupStats
{
    /// <summary>CPU time used, microseconds.</summary>
    public long? CpuUsageMicroseconds { get; init; }

    /// <summary>Enforcement periods that passed.</summary>
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

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }
}

namespace Insula.Linux.Cgroups;

/// <summary>Limits of one cgroup in the words of Kubernetes and cgroup v1 CPU shares; null leaves what is set (at first the kernel's default), a negative number means no limit.</summary>
public sealed record CgroupSettings
{
    /// <summary>Nothing limited.</summary>
    public static CgroupSettings None { get; } = new();

    /// <summary>Most memory, bytes: <c>memory.max</c>, <c>memory.limit_in_bytes</c>.</summary>
    public long? MemoryMax { get; init; }

    /// <summary>Most swap beyond memory, bytes: <c>memory.swap.max</c>; on v1 the sum goes to <c>memory.memsw.limit_in_bytes</c> where the kernel counts swap.</summary>
    public long? MemorySwapMax { get; init; }

    /// <summary>Memory from which on the group is slowed down and made to give some back, bytes: <c>memory.high</c>. v1 has no such thing.</summary>
    public long? MemoryHigh { get; init; }

    /// <summary>Memory that is never taken back, bytes, as far as the groups above have it too: <c>memory.min</c>. v1 has no such thing.</summary>
    public long? MemoryMin { get; init; }

    /// <summary>Memory that is taken back only when nothing else is left, in the same way: <c>memory.low</c>. v1 has no such thing.</summary>
    public long? MemoryLow { get; init; }

    /// <summary>
    /// Most memory in huge pages, bytes by the size of a page: <c>hugetlb.SIZE.max</c>, <c>hugetlb.SIZE.limit_in_bytes</c>, and where the kernel has it
    /// <c>rsvd</c>, which refuses a mapping that could not be filled.
    /// </summary>
    public IReadOnlyDictionary<long, long>? HugePages { get; init; }

    /// <summary>CPU shares of v1 (2–262144, 1024 a core); <c>cpu.weight</c> on v2.</summary>
    public ulong? CpuShares { get; init; }

    /// <summary>CPU time in each period, microseconds: <c>cpu.max</c>, <c>cpu.cfs_quota_us</c>.</summary>
    public long? CpuQuotaMicroseconds { get; init; }

    /// <summary>The period, microseconds; 100000 when a quota is set without one.</summary>
    public long? CpuPeriodMicroseconds { get; init; }

    /// <summary>Most processes and threads: <c>pids.max</c>.</summary>
    public long? PidsMax { get; init; }

    /// <summary>Whether an out-of-memory kill takes the whole group: <c>memory.oom.group</c>. v1 has no such thing and kills one process.</summary>
    public bool? OomGroup { get; init; }
}

using System.Globalization;

namespace Insula.Linux.Cgroups;

/// <summary>Settings as writes to control files: pure, for v1 and for v2.</summary>
internal static class CgroupConversion
{
    private const long DefaultPeriod = 100_000;
    private const ulong MinShares = 2;
    private const ulong MaxShares = 262_144;
    private const ulong MinWeight = 1;
    private const ulong MaxWeight = 10_000;

    /// <summary>The writes to a cgroup2 group, in order.</summary>
    public static IReadOnlyList<CgroupWrite> ToV2(CgroupSettings settings)
    {
        var writes = new List<CgroupWrite>();
        if (settings.MemoryMax is { } memory)
        {
            writes.Add(new("memory", "memory.max", NumberOrMax(memory)));
        }

        if (settings.MemorySwapMax is { } swap)
        {
            writes.Add(new("memory", "memory.swap.max", NumberOrMax(swap), Optional: true));
        }

        if (settings.MemoryHigh is { } high)
        {
            writes.Add(new("memory", "memory.high", NumberOrMax(high)));
        }

        if (settings.MemoryMin is { } min)
        {
            writes.Add(new("memory", "memory.min", NumberOrMax(min)));
        }

        if (settings.MemoryLow is { } low)
        {
            writes.Add(new("memory", "memory.low", NumberOrMax(low)));
        }

        if (settings.OomGroup is { } group)
        {
            writes.Add(new("memory", "memory.oom.group", group ? "1" : "0"));
        }

        if (settings.CpuShares is { } shares)
        {
            writes.Add(new("cpu", "cpu.weight", Text(WeightFromShares(shares))));
        }

        if (settings.CpuQuotaMicroseconds is { } quota)
        {
            writes.Add(new("cpu", "cpu.max", $"{NumberOrMax(quota)} {Text(settings.CpuPeriodMicroseconds ?? DefaultPeriod)}"));
        }

        if (settings.PidsMax is { } pids)
        {
            writes.Add(new("pids", "pids.max", NumberOrMax(pids)));
        }

        AddHugePages(writes, settings, "max", NumberOrMax);
        return writes;
    }

    /// <summary>
    /// The writes to v1 groups, in an order that suits a new group. On an existing one memory and swap may have to be
    /// written the other way round: the sum may never be below the part, whichever changes first.
    /// </summary>
    public static IReadOnlyList<CgroupWrite> ToV1(CgroupSettings settings)
    {
        var writes = new List<CgroupWrite>();
        if (settings.MemoryMax is { } memory)
        {
            writes.Add(new("memory", "memory.limit_in_bytes", NumberOrMinusOne(memory)));
        }

        if (settings.MemorySwapMax is { } swap)
        {
            // v1 limits the sum. Without a limit on memory, one on swap alone cannot be expressed.
            var sum = swap < 0 || settings.MemoryMax is not >= 0 ? -1 : Sum(settings.MemoryMax.Value, swap);
            writes.Add(new("memory", "memory.memsw.limit_in_bytes", Text(sum), Optional: true));
        }

        if (settings.CpuShares is { } shares)
        {
            writes.Add(new("cpu", "cpu.shares", Text(Math.Clamp(shares, MinShares, MaxShares))));
        }

        if (settings.CpuQuotaMicroseconds is { } quota)
        {
            writes.Add(new("cpu", "cpu.cfs_period_us", Text(settings.CpuPeriodMicroseconds ?? DefaultPeriod)));
            writes.Add(new("cpu", "cpu.cfs_quota_us", NumberOrMinusOne(quota)));
        }

        if (settings.PidsMax is { } pids)
        {
            writes.Add(new("pids", "pids.max", NumberOrMax(pids)));
        }

        AddHugePages(writes, settings, "limit_in_bytes", NumberOrMinusOne);
        return writes;
    }

    /// <summary>
    /// The cpu.weight (1–10000, default 100) of v1 shares (2–262144, default 1024). A quadratic in the logarithm that meets
    /// both ends and the default, as the OCI runtimes agreed on; a linear one would give the default only 39.
    /// </summary>
    public static ulong WeightFromShares(ulong shares)
    {
        if (shares <= MinShares)
        {
            return MinWeight;
        }

        if (shares >= MaxShares)
        {
            return MaxWeight;
        }

        var logarithm = Math.Log2(shares);
        var exponent = (((logarithm * logarithm) + (125 * logarithm)) / 612) - (7.0 / 34);

        // The tolerance keeps exact results, such as 100 for 1024, from being rounded up.
        return (ulong)Math.Ceiling(Math.Pow(10, exponent) - 1e-9);
    }

    /// <summary>A size of pages as control files have it in their names (mem_fmt of mm/hugetlb_cgroup.c).</summary>
    public static string PageSize(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{Text(bytes >> 30)}GB",
        >= 1L << 20 => $"{Text(bytes >> 20)}MB",
        _ => $"{Text(bytes >> 10)}KB",
    };

    // What is reserved as well: without that a mapping succeeds that ends its process when it is touched.
    private static void AddHugePages(List<CgroupWrite> writes, CgroupSettings settings, string file, Func<long, string> text)
    {
        foreach (var (size, most) in (settings.HugePages ?? new Dictionary<long, long>()).OrderBy(h => h.Key))
        {
            writes.Add(new("hugetlb", $"hugetlb.{PageSize(size)}.{file}", text(most)));
            writes.Add(new("hugetlb", $"hugetlb.{PageSize(size)}.rsvd.{file}", text(most), Optional: true));
        }
    }

    private static long Sum(long memory, long swap) => memory > long.MaxValue - swap ? -1 : memory + swap;

    private static string NumberOrMax(long value) => value < 0 ? "max" : Text(value);

    private static string NumberOrMinusOne(long value) => value < 0 ? "-1" : Text(value);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}

using FsCheck;
using FsCheck.Fluent;
using Insula.Linux.Cgroups;

namespace Insula.Linux.Tests.Cgroups;

public sealed class CgroupConversionTests
{
    private static readonly CgroupSettings _full = new()
    {
        MemoryMax = 64 << 20,
        MemorySwapMax = 0,
        CpuShares = 512,
        CpuQuotaMicroseconds = 50_000,
        PidsMax = 100,
        OomGroup = true,
    };

    [Fact]
    public void V2_writes_are_these() =>
        Assert.Equal(
            ["memory.max=67108864", "memory.swap.max=0", "memory.oom.group=1", "cpu.weight=59", "cpu.max=50000 100000", "pids.max=100"],
            Texts(CgroupConversion.ToV2(_full)));

    [Fact]
    public void V1_writes_are_these_in_this_order() =>
        Assert.Equal(
            [
                "memory.limit_in_bytes=67108864", "memory.memsw.limit_in_bytes=67108864", "cpu.shares=512",
                "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000", "pids.max=100",
            ],
            Texts(CgroupConversion.ToV1(_full)));

    [Fact]
    public void Huge_pages_are_limited_by_size_with_what_is_reserved_of_them()
    {
        var settings = new CgroupSettings { HugePages = new Dictionary<long, long> { [1L << 30] = 0, [2L << 20] = 4L << 20, [64L << 10] = -1 } };
        Assert.Equal(
            [
                "hugetlb.64KB.max=max", "hugetlb.64KB.rsvd.max=max", "hugetlb.2MB.max=4194304", "hugetlb.2MB.rsvd.max=4194304", "hugetlb.1GB.max=0", "hugetlb.1GB.rsvd.max=0",
            ],
            Texts(CgroupConversion.ToV2(settings)));
        Assert.Equal(
            [
                "hugetlb.64KB.limit_in_bytes=-1", "hugetlb.64KB.rsvd.limit_in_bytes=-1", "hugetlb.2MB.limit_in_bytes=4194304", "hugetlb.2MB.rsvd.limit_in_bytes=4194304",
                "hugetlb.1GB.limit_in_bytes=0", "hugetlb.1GB.rsvd.limit_in_bytes=0",
            ],
            Texts(CgroupConversion.ToV1(settings)));
    }

    [Fact]
    public void Negative_means_without_limit()
    {
        var settings = new CgroupSettings { MemoryMax = -1, MemorySwapMax = -1, CpuQuotaMicroseconds = -1, CpuPeriodMicroseconds = 20_000, PidsMax = -1 };
        Assert.Equal(["memory.max=max", "memory.swap.max=max", "cpu.max=max 20000", "pids.max=max"], Texts(CgroupConversion.ToV2(settings)));
        Assert.Equal(
            ["memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1", "cpu.cfs_period_us=20000", "cpu.cfs_quota_us=-1", "pids.max=max"],
            Texts(CgroupConversion.ToV1(settings)));
    }

    [Fact]
    public void Nothing_set_writes_nothing()
    {
        Assert.Empty(CgroupConversion.ToV1(CgroupSettings.None));
        Assert.Empty(CgroupConversion.ToV2(CgroupSettings.None));
    }

    [Theory]
    [InlineData(0ul, 1ul)]
    [InlineData(2ul, 1ul)]
    [InlineData(1024ul, 100ul)]
    [InlineData(262_144ul, 10_000ul)]
    [InlineData(ulong.MaxValue, 10_000ul)]
    public void Shares_meet_both_ends_and_the_default(ulong shares, ulong weight) =>
        Assert.Equal(weight, CgroupConversion.WeightFromShares(shares));

    [Fact]
    public void More_shares_never_weigh_less() =>
        Prop.ForAll<int, int>((a, b) =>
        {
            var (less, more) = (Math.Abs((long)Math.Min(a, b)), Math.Abs((long)Math.Max(a, b)));
            if (less > more)
            {
                (less, more) = (more, less);
            }

            var (low, high) = (CgroupConversion.WeightFromShares((ulong)less), CgroupConversion.WeightFromShares((ulong)more));
            return low <= high && low >= 1 && high <= 10_000;
        }).QuickCheckThrowOnFailure();

    private static IEnumerable<string> Texts(IReadOnlyList<CgroupWrite> writes) => writes.Select(write => $"{write.File}={write.Value}");
}

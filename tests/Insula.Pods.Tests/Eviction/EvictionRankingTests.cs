using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Values;
using Insula.Pods.Eviction;

namespace Insula.Pods.Tests.Eviction;

public sealed class EvictionRankingTests
{
    private static readonly Lack s_lack = new(new(EvictionSignal.MemoryAvailable, EvictionAmount.Parse("100Mi")), new(EvictionSignal.MemoryAvailable, 90 << 20, 1L << 32));

    [Fact]
    public void Who_uses_more_than_it_requests_goes_first_then_the_least_priority_then_the_greatest_excess()
    {
        EvictionCandidate[] pods =
        [
            Of("modest", used: 900, requested: 1000), Of("less important", used: 110, requested: 100, priority: -1), Of("greedy", used: 500), Of("greedier", used: 700, requested: 100),
            Of("important", used: 9000, priority: 5), Of("critical", used: 90_000, priority: -5) with { IsCritical = true },
        ];
        Assert.Equal(["less important", "greedier", "greedy", "important", "modest"], EvictionRanking.Order(EvictionSignal.MemoryAvailable, pods).Select(c => c.Uid));
    }

    [Fact]
    public void Of_process_ids_priority_decides_and_then_their_number()
    {
        EvictionCandidate[] pods = [Of("few", used: 1), Of("many", used: 50), Of("important", used: 500, priority: 1), Of("unimportant", used: 0, priority: -1)];
        Assert.Equal(["unimportant", "many", "few", "important"], EvictionRanking.Order(EvictionSignal.PidAvailable, pods).Select(c => c.Uid));
    }

    [Fact]
    public void Nobody_goes_for_a_disk_on_which_no_pod_has_anything() =>
        Assert.Empty(EvictionRanking.Order(EvictionSignal.ImageFsAvailable, [Of("any", used: 1000)]));

    /// <summary>Whatever pods there are: critical ones stay, all others are there once, no pod stands before one that a kubelet would end sooner, and the order does not depend on that of the question.</summary>
    [Fact]
    public void The_order_is_a_kubelets_whatever_there_is()
    {
        var pod = ArbMap.Default.ArbFor<(byte Priority, byte Requested, byte Used, bool Critical, byte Age)>();
        Prop.ForAll(pod.Generator.ListOf().ToArbitrary(), ArbMap.Default.ArbFor<bool>(), (all, ofPids) =>
        {
            var signal = ofPids ? EvictionSignal.PidAvailable : EvictionSignal.NodeFsAvailable;
            List<EvictionCandidate> pods = [.. all.Select((p, i) => Of($"{i}", p.Used % 8, ofPids ? 0 : p.Requested % 8, p.Priority % 3, p.Age % 3) with { IsCritical = p.Critical })];
            var order = EvictionRanking.Order(signal, pods);
            Assert.Equal(pods.Where(p => !p.IsCritical).Select(p => p.Uid).Order(), order.Select(p => p.Uid).Order());
            Assert.Equal(order, EvictionRanking.Order(signal, pods.AsEnumerable().Reverse()));
            for (var i = 1; i < order.Count; i++)
            {
                Assert.False(GoesSooner(signal, order[i], order[i - 1]), $"{order[i]} stands behind {order[i - 1]}");
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_said_names_what_was_short_and_the_containers_that_had_too_much_of_it()
    {
        var pod = Of("p", used: 300 << 20) with { Containers = [new("web", 0, 250 << 20), new("log", 64 << 20, 50 << 20)] };
        Assert.Equal(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. Container web was using 250Mi, request is 0, has larger consumption of memory. ",
            EvictionRanking.Message(s_lack, pod));
    }

    [Fact]
    public void Of_inodes_the_pod_s_are_said() => Assert.Equal(
        "The node was low on resource: inodes. Threshold quantity: 4k, available: 3k. The pod was using 5102 inodes. ",
        EvictionRanking.Message(new(new(EvictionSignal.NodeFsInodesFree, EvictionAmount.Parse("4k")), new(EvictionSignal.NodeFsInodesFree, 3000, 8000)), Of("p", used: 5102)));

    // The kubelet's comparisons one after the other (eviction/helpers.go), as somebody would write them who does not sort.
    private static bool GoesSooner(EvictionSignal signal, EvictionCandidate a, EvictionCandidate b)
    {
        if (signal != EvictionSignal.PidAvailable && a.Used > a.Requested != b.Used > b.Requested)
        {
            return a.Used > a.Requested;
        }

        return a.Priority != b.Priority ? a.Priority < b.Priority : a.Used - a.Requested > b.Used - b.Requested;
    }

    private static EvictionCandidate Of(string uid, long used, long requested = 0, int priority = 0, int age = 0) =>
        new(uid, $"default/{uid}", priority, false, DateTimeOffset.UnixEpoch.AddDays(age), requested, used);
}

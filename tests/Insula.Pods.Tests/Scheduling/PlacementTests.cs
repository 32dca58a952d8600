using FsCheck;
using FsCheck.Fluent;
using Insula.Pods.Scheduling;

namespace Insula.Pods.Tests.Scheduling;

public sealed class PlacementTests
{
    private static readonly Amounts s_machine = new(4000, 8000, 10);

    [Fact]
    public void What_fits_is_placed_and_what_does_not_waits_and_is_told_the_numbers()
    {
        var placement = Decide(Placed("a", cpu: 2500), Waiting("b", cpu: 1500), Waiting("c", cpu: 100, age: 1));
        Assert.Equal(["b"], placement.Placed.Select(c => c.Uid));
        Assert.Equal(
            "0/1 nodes are available: 1 Insufficient cpu (requested 100m, free 0 of 4). preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
            placement.Waiting["c"].Message);
        Assert.Empty(placement.Victims);
    }

    [Fact]
    public void Everything_that_is_missing_is_told()
    {
        var full = Enumerable.Range(0, 10).Select(i => Placed($"p{i}", cpu: 400, memory: 700 << 20)).ToArray();
        var machine = new Amounts(4000, 8000L << 20, 10);
        var why = Placement.Decide(machine, default, [.. full, Waiting("w", cpu: 1000, memory: 2000L << 20)]).Waiting["w"].Message;
        Assert.StartsWith(
            "0/1 nodes are available: 1 Insufficient cpu (requested 1, free 0 of 4), 1 Insufficient memory (requested 2000Mi, free 1000Mi of 8000Mi), 1 Too many pods (10 are allowed).",
            why, StringComparison.Ordinal);
    }

    [Fact]
    public void The_disk_is_packed_too()
    {
        var machine = new Amounts(4000, 8000, 10, Storage: 10L << 30);
        PodClaim Of(PodClaim claim, long gibibytes) => claim with { Requests = claim.Requests with { Storage = gibibytes << 30 } };
        var placement = Placement.Decide(machine, default, [Of(Placed("a", cpu: 1), 7), Of(Waiting("b"), 4), Of(Waiting("c"), 3)]);
        Assert.Equal(["c"], placement.Placed.Select(p => p.Uid));
        Assert.StartsWith("0/1 nodes are available: 1 Insufficient ephemeral-storage (requested 4096Mi, free 3072Mi of 10240Mi).", placement.Waiting["b"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Huge_pages_are_packed_by_size_and_are_no_memory_any_more()
    {
        var machine = new Amounts(4000, 100 << 20, 10).WithHugePages(new([(2 << 20, 16 << 20), (1 << 30, 0)]));
        Assert.Equal(84 << 20, machine.Memory);
        PodClaim Of(PodClaim claim, long size, long mebibytes) => claim with { Requests = claim.Requests with { HugePages = new([(size, mebibytes << 20)]) } };
        var placement = Placement.Decide(machine, default, [Of(Placed("a", cpu: 1), 2 << 20, 10), Of(Waiting("b"), 2 << 20, 8), Of(Waiting("c"), 2 << 20, 6), Of(Waiting("d"), 1 << 30, 1024)]);
        Assert.Equal(["c"], placement.Placed.Select(p => p.Uid));
        Assert.StartsWith("0/1 nodes are available: 1 Insufficient hugepages-2Mi (requested 8Mi, free 6Mi of 16Mi).", placement.Waiting["b"].Message, StringComparison.Ordinal);
        Assert.StartsWith("0/1 nodes are available: 1 Insufficient hugepages-1Gi (requested 1024Mi, free 0 of 0).", placement.Waiting["d"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Amounts_of_huge_pages_are_equal_when_each_size_is()
    {
        var some = new PageAmounts([(2 << 20, 4 << 20), (1 << 30, 0)]);
        Assert.Equal(new PageAmounts([(2 << 20, 4 << 20)]), some);
        Assert.Equal(default, some - some);
        Assert.Equal(some.GetHashCode(), new PageAmounts([(2 << 20, 4 << 20)]).GetHashCode());
        Assert.NotEqual(some, some + some);
        Assert.Equal(8 << 20, (some + some)[2 << 20]);
        Assert.Equal(some, PageAmounts.Most(some, default));
    }

    [Fact]
    public void A_pod_that_asks_for_nothing_fits_where_nothing_is_left() =>
        Assert.Equal(["b"], Decide(Placed("a", cpu: 4000, memory: 9000), Waiting("b")).Placed.Select(c => c.Uid));

    [Fact]
    public void The_highest_priority_is_first_and_then_the_oldest()
    {
        var placement = Decide(Waiting("young", cpu: 2000, age: 2), Waiting("old", cpu: 2000, age: 1), Waiting("high", cpu: 2000, age: 3, priority: 5));
        Assert.Equal(["high", "old"], placement.Placed.Select(c => c.Uid));
    }

    [Fact]
    public void One_that_does_not_fit_holds_up_nobody()
    {
        var placement = Decide(Placed("a", cpu: 2000, priority: 9), Waiting("large", cpu: 3000, priority: 5), Waiting("small", cpu: 1000));
        Assert.Equal(["small"], placement.Placed.Select(c => c.Uid));
    }

    [Fact]
    public void Room_is_made_by_as_few_as_do_and_the_least_important_of_them()
    {
        var placement = Decide(
            Placed("one", cpu: 1000, priority: 1), Placed("two", cpu: 1000, priority: 2), Placed("three", cpu: 1000, priority: 3, age: 1), Placed("younger", cpu: 1000, priority: 3, age: 2),
            Waiting("high", cpu: 2000, priority: 5));
        Assert.Equal(["one", "two"], placement.Victims.Keys.Order());
        Assert.All(placement.Victims.Values, v => Assert.Equal("high", v.Uid));
        Assert.Empty(placement.Placed);
        Assert.Contains("Room is being made", placement.Waiting["high"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Room_that_is_being_made_is_kept_for_whom_it_is_made()
    {
        var claims = new[]
        {
            Placed("stays", cpu: 2000, priority: 9), Placed("goes", cpu: 1500) with { Stage = ClaimStage.Leaving }, Waiting("high", cpu: 2000, priority: 5) with { Awaited = true }, Waiting("low", cpu: 500),
        };
        var placement = Decide(claims);
        Assert.Empty(placement.Placed);
        Assert.Empty(placement.Victims); // who goes already is enough
        Assert.Equal(["high"], Decide([.. claims.Where(c => c.Uid != "goes")]).Placed.Select(c => c.Uid));
    }

    [Fact]
    public void Room_that_comes_by_chance_is_kept_for_nobody() => Assert.Equal(
        ["low"],
        Decide(Placed("stays", cpu: 2000), Placed("goes", cpu: 1500) with { Stage = ClaimStage.Leaving }, Waiting("high", cpu: 2000, priority: 5), Waiting("low", cpu: 500))
            .Placed.Select(c => c.Uid));

    [Fact]
    public void Nobody_goes_in_vain()
    {
        Assert.Empty(Decide(Placed("a", cpu: 2000, priority: 9), Placed("b", cpu: 2000), Waiting("large", cpu: 3000, priority: 5)).Victims);
        Assert.Empty(Decide(Placed("a", cpu: 4000), Waiting("modest", cpu: 1000, priority: 5) with { Displaces = false }).Victims);
        Assert.Empty(Decide(Placed("a", cpu: 4000, priority: 5), Waiting("equal", cpu: 1000, priority: 5)).Victims);
    }

    [Fact]
    public void Two_that_displace_do_not_count_on_the_same_room()
    {
        var placement = Decide(Placed("a", cpu: 2000), Placed("b", cpu: 2000), Waiting("x", cpu: 2000, priority: 5), Waiting("y", cpu: 2000, priority: 5, age: 1));
        Assert.Equal(2, placement.Victims.Count);
        Assert.Equal(["x", "y"], placement.Victims.Values.Select(v => v.Uid).Order());
    }

    [Fact]
    public void A_closed_machine_takes_nobody_and_ends_nobody()
    {
        var placement = Placement.Decide(s_machine, new NodeState(IsClosed: true), [Placed("a", cpu: 4000), Waiting("b"), Waiting("c", cpu: 100, priority: 5)]);
        Assert.Empty(placement.Placed);
        Assert.Empty(placement.Victims);
        Assert.All(placement.Waiting.Values, w => Assert.Equal("0/1 nodes are available: 1 node(s) were unschedulable.", w.Message));
    }

    [Fact]
    public void Who_passes_a_cordon_gets_a_place_on_a_closed_machine_if_there_is_room()
    {
        var placement = Placement.Decide(s_machine, new NodeState(IsClosed: true), [Waiting("a", cpu: 100) with { PassesCordon = true }, Waiting("b"), Waiting("c", cpu: 1_000_000) with { PassesCordon = true }]);
        Assert.Equal(["a"], placement.Placed.Select(p => p.Uid));
        Assert.Contains("unschedulable", placement.Waiting["b"].Message, StringComparison.Ordinal);
        Assert.Contains("Insufficient cpu", placement.Waiting["c"].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", null, null, false)]
    [InlineData("{}", "DaemonSet", null, true)]
    [InlineData("{}", "ReplicaSet", null, false)]
    [InlineData("{}", null, "0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f", true)]
    [InlineData("""{"tolerations":[{"key":"node.kubernetes.io/unschedulable","operator":"Exists","effect":"NoSchedule"}]}""", null, null, true)]
    [InlineData("""{"tolerations":[{"key":"node.kubernetes.io/unschedulable","operator":"Exists","effect":"NoExecute"}]}""", null, null, false)]
    public void Who_passes_a_cordon_is_known_by_the_pod(string spec, string? owner, string? uid, bool passes)
    {
        var pod = Insula.Api.Json.ApiJson.Read<Insula.Api.Core.Pod>(new System.Text.Json.Nodes.JsonObject
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = "a", ["uid"] = uid },
            ["spec"] = System.Text.Json.Nodes.JsonNode.Parse(spec),
        });
        pod = owner is null ? pod : pod with { Metadata = pod.Metadata with { OwnerReferences = [new() { Kind = owner, Controller = true }] } };
        Assert.Equal(passes, PodClaim.Of(pod).PassesCordon);
    }

    /// <summary>Whatever comes: nobody is placed over what is there, nobody that would fit waits, and all that wait are told why.</summary>
    [Fact]
    public void The_machine_is_packed_and_never_overfull() => Prop.ForAll(
        Gen.ListOf(from stage in Gen.Choose(0, 5)
                   from cpu in Gen.Choose(0, 20)
                   from memory in Gen.Choose(0, 20)
                   from priority in Gen.Choose(0, 3)
                   from modest in Gen.Choose(0, 3)
                   select (stage, cpu, memory, priority, modest)).ToArbitrary(),
        some =>
        {
            var claims = some.Select((s, i) => new PodClaim(
                $"{i:000}", "default/x", new Amounts(s.cpu * 100, s.memory * 200, 1), s.priority, s.modest > 0, DateTimeOffset.UnixEpoch.AddSeconds(i),
                s.stage switch { 0 => ClaimStage.Placed, 1 => ClaimStage.Leaving, _ => ClaimStage.Waiting })).ToList();
            var placement = Placement.Decide(s_machine, default, claims);
            var waiting = claims.Where(c => c.Stage == ClaimStage.Waiting).ToList();
            var before = claims.Except(waiting).Aggregate(s_machine, (left, c) => left - c.Requests);
            var after = placement.Placed.Aggregate(before, (left, c) => left - c.Requests);

            // What was overdrawn before is not drawn on.
            Assert.All(placement.Placed, c => Assert.True(c.Requests.FitsIn(before)));
            Assert.True(placement.Placed.Sum(c => c.Requests.MilliCpu) <= Math.Max(before.MilliCpu, 0));
            Assert.True(placement.Placed.Sum(c => c.Requests.Memory) <= Math.Max(before.Memory, 0));
            Assert.True(placement.Placed.Count <= Math.Max(before.Pods, 0));
            Assert.Equal(waiting.Select(c => c.Uid).Order(), placement.Placed.Select(c => c.Uid).Concat(placement.Waiting.Keys).Order());
            Assert.All(placement.Victims, v =>
            {
                var victim = claims.First(c => c.Uid == v.Key);
                Assert.True(victim.Stage == ClaimStage.Placed && victim.Priority < v.Value.Priority && v.Value.Displaces);
                Assert.Contains(v.Value.Uid, placement.Waiting.Keys);
            });

            // Where nobody is waited for, who waits does not fit.
            if (placement.Waiting.Values.All(w => !w.Message.Contains("Room is being made", StringComparison.Ordinal)))
            {
                Assert.All(waiting.Where(c => placement.Waiting.ContainsKey(c.Uid)), c => Assert.False(c.Requests.FitsIn(after)));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_change_gets_the_room_there_is_before_those_that_have_no_place()
    {
        var placement = Decide(Resizing("a", from: 1000, to: 2000), Placed("b", cpu: 1500), Waiting("c", cpu: 1000), Waiting("d", cpu: 500));
        Assert.Equal("a", Assert.Single(placement.Resized).Uid);
        Assert.Equal(["d"], placement.Placed.Select(c => c.Uid));
    }

    [Fact]
    public void One_that_has_no_room_now_is_deferred_and_what_it_waits_for_is_nobody_else_s()
    {
        var placement = Decide(Resizing("a", from: 1000, to: 2000), Placed("b", cpu: 2500), Waiting("c", cpu: 500));
        Assert.Equal(new("Deferred", "Node didn't have enough resource: Insufficient cpu (requested 2, free 1500m of 4)"), placement.Unresized["a"]);
        Assert.Equal(["c"], placement.Waiting.Keys);
        Assert.Empty(placement.Placed);
    }

    [Fact]
    public void One_that_the_machine_will_never_have_room_for_is_infeasible_and_nothing_is_kept_for_it()
    {
        var placement = Decide(Resizing("a", from: 1000, to: 5000), Waiting("c", cpu: 3000));
        Assert.Equal(new("Infeasible", "Node didn't have enough capacity: Insufficient cpu (requested 5, free 4 of 4)"), placement.Unresized["a"]);
        Assert.Equal(["c"], placement.Placed.Select(c => c.Uid));
    }

    [Fact]
    public void Less_is_always_granted_also_on_a_machine_that_is_overdrawn_and_is_free_when_it_is_in_force()
    {
        var shrinks = Resizing("a", from: 3000, to: 1000);
        Assert.Single(Decide(shrinks, Placed("b", cpu: 4000)).Resized);
        var granted = shrinks with { Allocated = shrinks.Requests, AllocatedResources = shrinks.Resources, Actual = new Amounts(3000, 0, 1) };
        Assert.Empty(Decide(granted, Waiting("c", cpu: 2000)).Placed);
        Assert.Single(Decide(granted with { Actual = default }, Waiting("c", cpu: 2000)).Placed);
    }

    [Fact]
    public void The_more_important_change_comes_first_then_guaranteed_ones_then_the_oldest()
    {
        PodClaim[] claims =
        [
            Resizing("young", from: 1000, to: 1900) with { ResizingSince = DateTimeOffset.UnixEpoch.AddSeconds(2) },
            Resizing("old", from: 500, to: 1400) with { ResizingSince = DateTimeOffset.UnixEpoch.AddSeconds(1) },
            Resizing("guaranteed", from: 500, to: 1400) with { ResizingSince = DateTimeOffset.UnixEpoch.AddSeconds(3), QosClass = "Guaranteed" },
            Resizing("high", from: 500, to: 1400, priority: 1) with { ResizingSince = DateTimeOffset.UnixEpoch.AddSeconds(4) },
        ];
        foreach (var first in (string[])["high", "guaranteed", "old", "young"])
        {
            Assert.Equal([first], Decide(claims).Resized.Select(c => c.Uid));
            claims = [.. claims.Select(c => c.Uid == first ? Placed(first, cpu: c.Held.MilliCpu, priority: 9) : c)];
        }
    }

    [Fact]
    public void Room_that_was_made_for_a_more_important_pod_is_its_own_and_no_change_keeps_that_from_it()
    {
        var awaited = Waiting("high", cpu: 2000, priority: 5) with { Awaited = true };
        var placement = Decide(Resizing("a", from: 2000, to: 3000), awaited);
        Assert.Equal(["a"], placement.Unresized.Keys);
        Assert.Equal(["high"], placement.Placed.Select(c => c.Uid));
        Assert.Equal(["a"], Decide(Resizing("a", from: 2000, to: 3000, priority: 9), awaited).Resized.Select(c => c.Uid));
    }

    private static PodClaim Resizing(string uid, long from, long to, int priority = 0) => Placed(uid, cpu: to, priority: priority) with
    {
        Resources = Cpu(to),
        AllocatedResources = Cpu(from),
        Allocated = new Amounts(from, 0, 1),
    };

    private static Dictionary<string, Insula.Api.Core.ResourceRequirements> Cpu(long milli) => new()
    {
        ["web"] = new() { Requests = new Dictionary<string, Insula.Api.Values.Quantity> { ["cpu"] = Insula.Api.Values.Quantity.FromMilli(milli) } },
    };

    private static Placement Decide(params PodClaim[] claims) => Placement.Decide(s_machine, default, claims);

    private static PodClaim Waiting(string uid, long cpu = 0, long memory = 0, int priority = 0, int age = 0) =>
        new(uid, $"default/{uid}", new Amounts(cpu, memory, 1), priority, Displaces: true, DateTimeOffset.UnixEpoch.AddSeconds(age), ClaimStage.Waiting);

    private static PodClaim Placed(string uid, long cpu = 0, long memory = 0, int priority = 0, int age = 0) => Waiting(uid, cpu, memory, priority, age) with { Stage = ClaimStage.Placed };
}

using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Linux.Cgroups;
using Insula.Pods.Launch;
using Insula.Pods.Resizing;

namespace Insula.Pods.Tests.Launch;

/// <summary>Where containers are throttled for their memory, and what of it is protected (KEP-2570).</summary>
public sealed class MemoryQosTests
{
    private const long Mi = 1 << 20;
    private static readonly MemoryQos s_qos = new(0.9, Reserves: true, Allocatable: 1000 * Mi);

    [Theory]
    [InlineData(QosClasses.Burstable, 100, 200, 190)]
    [InlineData(QosClasses.Burstable, 0, 200, 180)]
    [InlineData(QosClasses.Burstable, 100, null, 910)]
    [InlineData(QosClasses.BestEffort, 0, null, 900)]
    [InlineData(QosClasses.Burstable, 200, 200, null)]
    [InlineData(QosClasses.Guaranteed, 200, 200, null)]
    [InlineData(QosClasses.Burstable, 2000, null, null)]
    public void Containers_are_throttled_between_request_and_limit(string qosClass, int request, int? limit, int? high)
    {
        var limits = new GroupLimits(0, null, limit * Mi) { MemoryRequest = request * Mi };
        Assert.Equal(high * Mi, Of(s_qos, qosClass).OfContainer(CgroupSettings.None, limits).MemoryHigh);
        Assert.Null(Of(s_qos, qosClass).OfPod(CgroupSettings.None, limits).MemoryHigh);
        Assert.Null(Of(s_qos with { Factor = null }, qosClass).OfContainer(CgroupSettings.None, limits).MemoryHigh);
    }

    [Theory]
    [InlineData(QosClasses.Guaranteed, 100L, null)]
    [InlineData(QosClasses.Burstable, null, 100L)]
    [InlineData(QosClasses.BestEffort, null, null)]
    public void Requests_are_protected_by_class(string qosClass, long? min, long? low)
    {
        var limits = new GroupLimits(0, null, 100) { MemoryRequest = qosClass == QosClasses.BestEffort ? 0 : 100 };
        foreach (var settings in new[] { Of(s_qos, qosClass).OfContainer(CgroupSettings.None, limits), Of(s_qos, qosClass).OfPod(CgroupSettings.None, limits) })
        {
            Assert.Equal((min, low), (settings.MemoryMin, settings.MemoryLow));
        }

        var none = Of(s_qos with { Reserves = false }, qosClass).OfPod(CgroupSettings.None, limits);
        Assert.Equal(((long?)null, (long?)null), (none.MemoryMin, none.MemoryLow));
    }

    [Fact]
    public void The_groups_above_protect_what_is_below_them_together()
    {
        Assert.Equal(
            [("", 5L, 7L), ("pods", 5L, 7L), ("pods/guaranteed", 5L, null), ("pods/burstable", null, 7L)],
            s_qos.OfClasses(5, 7).Select(g => (g.Group, g.Settings.MemoryMin, g.Settings.MemoryLow)));
        Assert.All(MemoryQos.Off.OfClasses(5, 7), g => Assert.Equal(0, (g.Settings.MemoryMin ?? 0) + (g.Settings.MemoryLow ?? 0)));
    }

    [Fact]
    public void A_change_takes_back_what_is_not_said_any_more()
    {
        var change = ContainerResources.Change(new GroupLimits(0, null, 100), "memory", Of(MemoryQos.Off), isPod: false);
        Assert.Equal((-1L, 0L, 0L), (change.MemoryHigh, change.MemoryMin, change.MemoryLow));
        var limits = new GroupLimits(0, null, 200 * Mi) { MemoryRequest = 100 * Mi };
        change = ContainerResources.Change(limits, "memory", Of(s_qos), isPod: false);
        Assert.Equal((190 * Mi, 0L, 100 * Mi), (change.MemoryHigh, change.MemoryMin, change.MemoryLow));
        Assert.Null(ContainerResources.Change(limits, "cpu", Of(s_qos), isPod: false).MemoryHigh);
    }

    [Fact]
    public void A_container_of_a_pod_with_resources_as_a_whole_is_throttled_below_those()
    {
        var whole = new ResourceRequirements { Limits = Memory(400), Requests = Memory(300) };
        var own = new ResourceRequirements { Requests = Memory(100) };
        var spec = new PodSpec { Resources = whole, Containers = [new() { Name = "a", Resources = own }] };
        Assert.Equal(370 * Mi, ContainerResources.Of(spec, own, Of(s_qos)).MemoryHigh);
        Assert.Equal(100 * Mi, ContainerResources.Of(spec, own, Of(s_qos)).MemoryLow);
        Assert.Equal(300 * Mi, ContainerResources.OfPod(spec, 0, Of(s_qos)).MemoryLow);
    }

    [Theory]
    [InlineData(QosClasses.Burstable, 250, null, 50)]
    [InlineData(QosClasses.Burstable, 250, 500, 50)]
    [InlineData(QosClasses.Burstable, 250, 250, 0)]
    [InlineData(QosClasses.Burstable, 0, 250, 0)]
    [InlineData(QosClasses.Burstable, 5000, null, 200)]
    [InlineData(QosClasses.Guaranteed, 250, 250, 0)]
    [InlineData(QosClasses.BestEffort, 0, null, 0)]
    public void Limited_swap_is_as_much_of_it_as_is_requested_of_memory(string qosClass, int request, int? limit, int swap)
    {
        var rules = MemoryQos.Off with { Swap = SwapBehavior.LimitedSwap, MachineMemory = 1000 * Mi, MachineSwap = 200 * Mi };
        var limits = new GroupLimits(0, null, limit * Mi) { MemoryRequest = request * Mi };
        Assert.Equal(swap * Mi, Of(rules, qosClass).OfContainer(CgroupSettings.None, limits).MemorySwapMax);
        Assert.Equal(0, (Of(rules, qosClass) with { IsCritical = true }).OfContainer(CgroupSettings.None, limits).MemorySwapMax);
        Assert.Equal(0, Of(rules with { Swap = SwapBehavior.NoSwap }, qosClass).OfContainer(CgroupSettings.None, limits).MemorySwapMax);
        Assert.Equal(0, Of(rules with { MachineSwap = 0 }, qosClass).OfContainer(CgroupSettings.None, limits).MemorySwapMax);
        Assert.Equal(-1, ContainerResources.Change(limits, "memory", Of(rules, qosClass), isPod: true).MemorySwapMax);
        Assert.Equal(0, ContainerResources.Change(limits, "memory", Of(rules with { Swap = SwapBehavior.NoSwap }, qosClass), isPod: true).MemorySwapMax);
        Assert.Equal(limit is null ? -1 : 0, ContainerResources.Change(limits, "memory", Of(rules with { Swap = null }, qosClass), isPod: false).MemorySwapMax);
    }

    [Fact]
    public void Pods_that_the_machine_cannot_do_without_are_known_by_their_priority() =>
        Assert.Equal([false, true], new int[] { 1, 2_000_000_000 }.Select(p => MemoryQos.Off.For(new Pod { Spec = new PodSpec { Priority = p } }).IsCritical));

    /// <summary>Whatever is requested: nobody gets more swap than there is.</summary>
    [Fact]
    public void Nobody_gets_more_swap_than_there_is() => Prop.ForAll(
        (from request in Amount() from memory in Amount() from swap in Amount() select (request, memory, swap)).ToArbitrary(),
        c =>
        {
            var rules = MemoryQos.Off with { Swap = SwapBehavior.LimitedSwap, MachineMemory = c.memory, MachineSwap = Math.Max(c.swap, 0) };
            Assert.InRange(Of(rules).OfContainer(CgroupSettings.None, new GroupLimits(0, null, null) { MemoryRequest = c.request }).MemorySwapMax!.Value, 0, Math.Max(c.swap, 0));
        }).QuickCheckThrowOnFailure();

    /// <summary>Whatever the amounts: never below the request, never above the limit, in whole pages.</summary>
    [Fact]
    public void Where_it_is_throttled_is_above_the_request_and_below_the_limit() => Prop.ForAll(
        (from request in Amount() from limit in Amount() from factor in Gen.Choose(1, 1000) from allocatable in Amount() select (request, limit, factor, allocatable)).ToArbitrary(),
        c =>
        {
            var limits = new GroupLimits(0, null, c.limit == 0 ? null : c.limit) { MemoryRequest = c.request };
            var high = Of(new MemoryQos(c.factor / 1000.0, true, c.allocatable)).OfContainer(CgroupSettings.None, limits).MemoryHigh;
            Assert.True(high is null || (high > c.request && high < (limits.Memory ?? c.allocatable) && high % Environment.SystemPageSize == 0), $"{c}: {high}");
        }).QuickCheckThrowOnFailure();

    private static PodMemory Of(MemoryQos rules, string qosClass = QosClasses.Burstable) => new(rules, qosClass, IsCritical: false);

    private static Gen<long> Amount() => Gen.OneOf(
        Gen.Elements(-1L, 0, 1, 4095, 4096, 4097, long.MaxValue - 1, long.MaxValue), Gen.Choose(0, int.MaxValue).Select(i => (long)i * 977));

    private static Dictionary<string, Quantity> Memory(int mebibytes) => new() { ["memory"] = Quantity.FromUnits(mebibytes * Mi) };
}

using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Values;
using Insula.Pods.Eviction;

namespace Insula.Pods.Tests.Eviction;

public sealed class EvictionThresholdTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("memory.available<100Mi")]
    [InlineData("nodefs.available<10%, memory.available<1500M, nodefs.inodesFree<2.5%, imagefs.available<1Gi, imagefs.inodesFree<1k, pid.available<200")]
    public void What_is_read_is_written(string text) => Assert.Equal(text, EvictionThreshold.Format(EvictionThreshold.ParseList(text.Replace(" ", "", StringComparison.Ordinal))));

    [Theory]
    [InlineData("")]
    [InlineData("memory.available")]
    [InlineData("memory.available<")]
    [InlineData("memory.available>1Gi")]
    [InlineData("memory.available<-1")]
    [InlineData("memory.available<0")]
    [InlineData("nodefs.available<0%")]
    [InlineData("nodefs.available<100%")]
    [InlineData("nodefs.available<-3%")]
    [InlineData("nodefs.free<10%")]
    [InlineData("memory.available<1Gi,memory.available<2Gi")]
    [InlineData("none,memory.available<1Gi")]
    public void What_is_none_is_refused(string text) => Assert.Throws<FormatException>(() => EvictionThreshold.ParseList(text));

    /// <summary>It is met below the amount and not at it, a part is one of what there is, and no other signal meets it.</summary>
    [Fact]
    public void It_is_met_when_less_is_left() => Prop.ForAll<ushort, ushort, byte>((available, capacity, number) =>
    {
        var (percent, level) = ((number % 99) + 1, new SignalLevel(EvictionSignal.NodeFsAvailable, available, capacity));
        Assert.Equal(available < capacity * percent / 100, new EvictionThreshold(EvictionSignal.NodeFsAvailable, new(null, percent)).IsMet(level));
        Assert.Equal(available < percent, new EvictionThreshold(EvictionSignal.NodeFsAvailable, new(Quantity.FromUnits(percent), null)).IsMet(level));
        Assert.False(new EvictionThreshold(EvictionSignal.MemoryAvailable, new(Quantity.FromUnits(long.MaxValue), null)).IsMet(level));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_several_places_the_one_with_the_least_is_told_and_memory_is_seen_to_first()
    {
        var lacks = new LackWatch(EvictionThreshold.ParseList("pid.available<10%,nodefs.available<100,memory.available<1Mi")).Look(
            [
                new(EvictionSignal.PidAvailable, 500, 32_768), new(EvictionSignal.PidAvailable, 5, 100), new(EvictionSignal.NodeFsAvailable, 100, 1000),
                new(EvictionSignal.MemoryAvailable, 1 << 30, 1 << 31), new(EvictionSignal.MemoryAvailable, 1 << 19, 1 << 21),
            ],
            TimeSpan.Zero);
        Assert.Equal(["memory.available is 512Ki, less than 1Mi", "pid.available is 5, less than 10"], lacks.Select(l => l.ToString()));
    }
}

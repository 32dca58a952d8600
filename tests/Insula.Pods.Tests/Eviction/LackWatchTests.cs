using FsCheck;
using FsCheck.Fluent;
using Insula.Pods.Eviction;

namespace Insula.Pods.Tests.Eviction;

public sealed class LackWatchTests
{
    private static readonly EvictionThreshold s_hard = EvictionThreshold.ParseList("memory.available<100")[0];
    private static readonly EvictionThreshold s_soft = EvictionThreshold.ParseList("memory.available<200")[0] with { Grace = TimeSpan.FromSeconds(30) };

    [Fact]
    public void A_soft_threshold_is_told_at_once_and_due_when_its_grace_is_over()
    {
        var watch = new LackWatch([s_soft]);
        Assert.Equal([false], Due(watch, 150, 0));
        Assert.Equal(TimeSpan.FromSeconds(30), watch.NextDue(TimeSpan.Zero));
        Assert.Equal([false], Due(watch, 199, 29));
        Assert.Equal(TimeSpan.FromSeconds(1), watch.NextDue(TimeSpan.FromSeconds(29)));
        Assert.Equal([true], Due(watch, 150, 30));
        Assert.Null(watch.NextDue(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Enough_for_a_moment_begins_its_grace_anew()
    {
        var watch = new LackWatch([s_soft]);
        Due(watch, 150, 0);
        Assert.Empty(Due(watch, 200, 20));
        Assert.Null(watch.NextDue(TimeSpan.FromSeconds(20)));
        Assert.Equal([false], Due(watch, 150, 30));
        Assert.Equal([true], Due(watch, 150, 60));
    }

    [Fact]
    public void Of_one_signal_the_hard_threshold_is_seen_to_first()
    {
        var watch = new LackWatch([s_soft, s_hard, EvictionThreshold.ParseList("pid.available<10")[0]]);
        var lacks = watch.Look([new(EvictionSignal.PidAvailable, 5, 100), new(EvictionSignal.MemoryAvailable, 50, 1000)], TimeSpan.Zero);
        Assert.Equal([("memory.available", true, true), ("memory.available", false, false), ("pid.available", true, true)], lacks.Select(l => (l.Signal.Name(), l.IsHard, l.IsDue)));
    }

    [Fact]
    public void Once_something_had_to_be_done_there_must_be_more_than_the_threshold()
    {
        var watch = new LackWatch([s_hard with { Reclaim = EvictionAmount.Parse("5%") }]);
        Assert.Empty(Due(watch, 100, 0));
        Assert.Equal([true], Due(watch, 99, 1));
        var lack = watch.Look([new(EvictionSignal.MemoryAvailable, 149, 1000)], TimeSpan.FromSeconds(2)).Single();
        Assert.Equal((true, "memory.available is 149, less than 100 and the 50 that are to be reclaimed beside"), (lack.IsDue, lack.ToString()));
        Assert.Empty(Due(watch, 150, 3));
        Assert.Empty(Due(watch, 149, 4));
    }

    /// <summary>Nothing had to be done yet: the threshold alone counts, and its grace begins anew.</summary>
    [Fact]
    public void A_soft_threshold_whose_grace_is_not_over_reclaims_nothing()
    {
        var watch = new LackWatch([s_soft with { Reclaim = EvictionAmount.Parse("100") }]);
        Due(watch, 150, 0);
        Assert.Empty(Due(watch, 250, 10));
    }

    /// <summary>However the level goes: what is due was short of the threshold once, without a break for its grace, and not enough since.</summary>
    [Fact]
    public void What_is_due_has_been_short_long_enough_and_is_not_enough_yet() => Prop.ForAll<byte[]>(levels =>
    {
        var watch = new LackWatch([s_soft with { Reclaim = EvictionAmount.Parse("20") }]);
        var (shortFor, isOwed) = (-1, false);
        for (var second = 0; second < levels.Length; second++)
        {
            var left = 100 + levels[second];
            shortFor = left < 200 ? shortFor + 1 : -1;
            isOwed = shortFor >= 30 || (isOwed && left < 220);
            Assert.Equal(isOwed, watch.Look([new(EvictionSignal.MemoryAvailable, left, 1000)], TimeSpan.FromSeconds(second)).Any(l => l.IsDue));
        }
    }).QuickCheckThrowOnFailure();

    private static bool[] Due(LackWatch watch, long left, int seconds) =>
        [.. watch.Look([new(EvictionSignal.MemoryAvailable, left, 1000)], TimeSpan.FromSeconds(seconds)).Select(l => l.IsDue)];
}

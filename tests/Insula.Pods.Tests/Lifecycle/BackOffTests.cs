using FsCheck;
using FsCheck.Fluent;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class BackOffTests
{
    [Fact]
    public void TheDelayNeverShrinksWithinOneSeriesAndNeverPassesItsMaximum() => Prop.ForAll<PositiveInt, PositiveInt>((initial, max) =>
    {
        var rules = new BackOffRules(TimeSpan.FromSeconds(initial.Get), TimeSpan.FromSeconds(max.Get), TimeSpan.FromHours(100_000));
        BackOff? backOff = null;
        var now = World.Start;
        var last = TimeSpan.Zero;
        for (var i = 0; i < 12; i++)
        {
            now = BackOff.Due(backOff, now, rules);
            backOff = BackOff.Next(backOff, now, now, rules);
            Assert.InRange(backOff.Delay, last, rules.Max);
            last = backOff.Delay;
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void TheFirstExitIsDueAtOnce() => Assert.Equal(World.Start, BackOff.Due(null, World.Start, BackOffRules.Default));
}

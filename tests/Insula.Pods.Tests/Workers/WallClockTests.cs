using Insula.Pods.Workers;
using Insula.Tests.Shared;

namespace Insula.Pods.Tests.Workers;

public class WallClockTests
{
    private readonly SettableTime _time = new();

    [Theory]
    [InlineData(86_400)]
    [InlineData(-86_400)]
    public void GoesOnEvenlyUntilItIsAsked(int seconds)
    {
        var clock = new WallClock(_time);
        var start = clock.Now;
        _time.Advance(TimeSpan.FromSeconds(5));
        _time.Set += TimeSpan.FromSeconds(seconds);
        Assert.Equal(start + TimeSpan.FromSeconds(5), clock.Now);
        Assert.Equal(TimeSpan.FromSeconds(seconds), clock.TakeJump());
        Assert.Equal(start + TimeSpan.FromSeconds(5 + seconds), clock.Now);
        Assert.Equal(TimeSpan.Zero, clock.TakeJump());
    }

    [Fact]
    public void ASlewedClockIsFollowedInSilence()
    {
        var clock = new WallClock(_time);
        for (var i = 0; i < 10; i++)
        {
            _time.Set += TimeSpan.FromMilliseconds(500);
            Assert.Equal(TimeSpan.Zero, clock.TakeJump());
        }

        Assert.Equal(_time.GetUtcNow(), clock.Now);
    }
}

using Insula.Linux.Cgroups;
using Insula.Pods.Stats;

namespace Insula.Pods.Tests.Stats;

/// <summary>How fast CPU time is used.</summary>
public sealed class ResourceUseTests
{
    [Theory]
    [InlineData(1_000_000L, 1_050_000L, 1000, 50_000_000L)] // 50 ms in a second
    [InlineData(0L, 1_000_000L, 500, 2_000_000_000L)] // two cores
    [InlineData(7L, 7L, 1000, 0L)]
    [InlineData(null, 7L, 1000, null)]
    [InlineData(7L, null, 1000, null)]
    [InlineData(9L, 7L, 1000, null)]
    [InlineData(7L, 9L, 0, null)]
    public void Speed_is_time_used_over_time_passed(long? before, long? now, int milliseconds, long? speed) =>
        Assert.Equal(speed, ResourceUse.Speed(Used(before), Used(now), TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void What_began_in_the_window_has_no_speed_yet() =>
        Assert.Null(ResourceUse.Speed(null, Used(7), TimeSpan.FromSeconds(1)));

    private static CgroupStats Used(long? microseconds) => new() { CpuUsageMicroseconds = microseconds };
}

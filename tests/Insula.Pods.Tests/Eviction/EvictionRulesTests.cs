using Insula.Pods.Eviction;

namespace Insula.Pods.Tests.Eviction;

public sealed class EvictionRulesTests
{
    [Fact]
    public void What_is_said_apart_is_put_together_by_signal()
    {
        var rules = Of("memory.available<100Mi,nodefs.available<5%", "memory.available<300Mi", "memory.available=90s", "memory.available=50Mi");
        Assert.Equal(
            [("memory.available<100Mi", null, "50Mi"), ("nodefs.available<5%", null, null), ("memory.available<300Mi", TimeSpan.FromSeconds(90), "50Mi")],
            rules.Thresholds.Select(t => (t.ToString(), t.Grace, t.Reclaim?.ToString())));
    }

    [Theory]
    [InlineData("none", "memory.available<1Gi", "none", "none", "eviction-soft: memory.available needs a time in eviction-soft-grace-period")]
    [InlineData("memory.available<1Gi", "none", "memory.available=1s", "none", "eviction-soft-grace-period: there is no soft threshold of memory.available in eviction-soft")]
    [InlineData("memory.available<1Gi", "none", "none", "pid.available=1", "eviction-minimum-reclaim: there is no threshold of pid.available")]
    public void What_does_not_fit_together_is_refused(string hard, string soft, string graces, string reclaims, string why) =>
        Assert.Equal(why, Assert.Throws<FormatException>(() => Of(hard, soft, graces, reclaims)).Message);

    [Theory]
    [InlineData("memory.available")]
    [InlineData("memory.available=")]
    [InlineData("memory.available=x")]
    [InlineData("memory.free=1Gi")]
    [InlineData("memory.available=1Gi,memory.available=2Gi")]
    [InlineData("memory.available=0")]
    [InlineData("memory.available=100%")]
    [InlineData("")]
    public void A_list_that_is_none_is_refused(string text) => Assert.Contains(
        "none, or a list like E: each of memory.available, ", Assert.Throws<FormatException>(() => SignalValues.Parse(text, EvictionAmount.Parse, "E")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("none")]
    [InlineData("memory.available=1Gi, nodefs.inodesFree=2.5%")]
    public void A_list_is_written_as_it_is_read(string text) => Assert.Equal(text, SignalValues.Format(SignalValues.Parse(text, EvictionAmount.Parse, ""), a => a.ToString()));

    private static EvictionRules Of(string hard, string soft, string graces, string reclaims) => EvictionRules.Of(
        EvictionThreshold.ParseList(hard), EvictionThreshold.ParseList(soft), SignalValues.Parse(graces, t => TimeSpan.FromSeconds(int.Parse(t.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture)), ""),
        SignalValues.Parse(reclaims, EvictionAmount.Parse, ""), null);
}

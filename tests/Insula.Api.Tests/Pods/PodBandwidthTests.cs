using Insula.Api.Core;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class PodBandwidthTests
{
    [Theory]
    [InlineData("10M", 10_000_000)]
    [InlineData("1k", 1000)]
    [InlineData("1P", 1_000_000_000_000_000)]
    [InlineData("1Gi", 1L << 30)]
    public void A_limit_is_bits_a_second(string text, long bits)
    {
        var pod = Limited(text);
        Assert.Equal(bits, PodBandwidth.Of(pod, PodBandwidth.Ingress));
        Assert.Null(PodBandwidth.Of(pod, PodBandwidth.Egress));
        Assert.True(PodBandwidth.IsLimited(pod));
        Assert.DoesNotContain(PodValidation.Validate(pod), e => e.Path.Contains("bandwidth", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("999")]
    [InlineData("-1M")]
    [InlineData("2P")]
    public void What_cannot_be_kept_is_refused_by_its_path(string text)
    {
        var pod = Limited(text);
        Assert.Contains(PodValidation.Validate(pod), e => e.Path == "metadata.annotations[kubernetes.io/ingress-bandwidth]");
        Assert.False(PodBandwidth.IsLimited(pod));
    }

    private static Pod Limited(string text) => new() { Metadata = new() { Name = "p", Annotations = new Dictionary<string, string> { [PodBandwidth.Ingress] = text } }, Spec = new() };
}

using Insula.Linux.Kernel;

namespace Insula.Linux.Tests.Kernel;

public sealed class KernelVersionTests
{
    [Theory]
    [InlineData("6.1.0-18-amd64", 6, 1)]
    [InlineData("5.15.0", 5, 15)]
    [InlineData("6.18-rc1", 6, 18)]
    public void Releases_are_parsed(string release, int major, int minor) => Assert.Equal(new KernelVersion(major, minor), KernelVersion.Parse(release));

    [Theory]
    [InlineData("")]
    [InlineData("six.one")]
    [InlineData("6")]
    public void Other_text_is_refused(string release) => Assert.Throws<FormatException>(() => KernelVersion.Parse(release));

    [Fact]
    public void Versions_compare_by_number()
    {
        Assert.True(KernelVersion.Parse("5.9") < KernelVersion.Minimum);
        Assert.True(KernelVersion.Parse("6.0") > KernelVersion.Minimum);
        Assert.True(KernelVersion.Parse("5.15.1") >= KernelVersion.Minimum);
        Assert.True(KernelVersion.Current >= KernelVersion.Minimum);
    }

    [Fact]
    public void Every_feature_is_tried_and_none_throws()
    {
        var features = KernelFeatures.Probe();
        Assert.True(features.Count > 20);
        Assert.Equal(features.Count, features.Select(feature => feature.Name).Distinct().Count());
        Assert.All(features, feature => Assert.NotEmpty(feature.Disables));
        Assert.True(features.Single(feature => feature.Name == "openat2").Available);
    }
}

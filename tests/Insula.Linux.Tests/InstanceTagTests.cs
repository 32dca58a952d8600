namespace Insula.Linux.Tests;

public sealed class InstanceTagTests
{
    [Theory]
    [InlineData("/var/lib/insula", "/run/insula")]
    [InlineData("/var/lib/insula/", "/run/../run/insula")]
    public void The_default_directories_have_no_tag(string root, string run) => Assert.Equal("", InstanceTag.From(root, run));

    [Fact]
    public void Other_directories_have_six_digits_that_depend_on_both()
    {
        var tag = InstanceTag.From("/tmp/a", "/tmp/b");
        Assert.Matches("^[0-9a-f]{6}$", tag);
        Assert.Equal(tag, InstanceTag.From("/tmp/a/", "/tmp/b"));
        Assert.NotEqual(tag, InstanceTag.From("/tmp/a", "/tmp/c"));
        Assert.NotEqual(tag, InstanceTag.From("/tmp/c", "/tmp/b"));
        Assert.NotEqual("", InstanceTag.From("/var/lib/insula", "/tmp/b"));
    }
}

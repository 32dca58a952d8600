using FsCheck;
using FsCheck.Fluent;

namespace Insula.Images.Tests;

public sealed class ImageReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("busybox:1.36", "docker.io/library/busybox:1.36")]
    [InlineData("team/app", "docker.io/team/app:latest")]
    [InlineData("docker.io/busybox", "docker.io/library/busybox:latest")]
    [InlineData("index.docker.io/busybox", "docker.io/library/busybox:latest")]
    [InlineData("docker.io/library/busybox:latest", "docker.io/library/busybox:latest")]
    [InlineData("localhost/app", "localhost/app:latest")]
    [InlineData("localhost:5000/app:v1", "localhost:5000/app:v1")]
    [InlineData("registry.example/a/b/c:1", "registry.example/a/b/c:1")]
    [InlineData("[::1]:5000/app", "[::1]:5000/app:latest")]
    [InlineData("a__b/c-d.e", "docker.io/a__b/c-d.e:latest")]
    [InlineData("busybox@sha256:" + Hex, "docker.io/library/busybox@sha256:" + Hex)]
    [InlineData("busybox:1@sha256:" + Hex, "docker.io/library/busybox@sha256:" + Hex)]
    public void Names_are_normalised(string text, string expected)
    {
        var reference = ImageReference.Parse(text);
        Assert.Equal(expected, reference.ToString());
        Assert.Equal(reference, ImageReference.Parse(expected));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" busybox")]
    [InlineData("busybox\n")]
    [InlineData("Busybox")]
    [InlineData("a//b")]
    [InlineData("/busybox")]
    [InlineData("busybox/")]
    [InlineData("busybox:")]
    [InlineData("busybox:-x")]
    [InlineData("busybox:a b")]
    [InlineData("busybox@")]
    [InlineData("busybox@sha256:abc")]
    [InlineData("busybox@sha512:" + Hex)]
    [InlineData("busybox@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("../etc/passwd")]
    [InlineData("a/../b")]
    [InlineData("exa_mple.com/app")]
    [InlineData("host:port/app")]
    [InlineData("busybox\u001b[2J")]
    [InlineData(Hex)]
    public void Malformed_names_are_refused_with_a_printable_reason(string text)
    {
        Assert.False(ImageReference.TryParse(text, out _, out var problem));
        Assert.DoesNotContain(problem, char.IsControl);
        Assert.Equal(ImageError.InvalidReference, Assert.Throws<ImageException>(() => ImageReference.Parse(text)).Error);
    }

    [Fact]
    public void Lengths_are_limited()
    {
        Assert.True(ImageReference.TryParse("example.com/" + new string('a', 243), out _, out _));
        Assert.False(ImageReference.TryParse("example.com/" + new string('a', 244), out _, out _));
        Assert.True(ImageReference.TryParse("a:" + new string('b', 128), out _, out _));
        Assert.False(ImageReference.TryParse("a:" + new string('b', 129), out _, out _));
        Assert.False(ImageReference.TryParse(new string('a', 100_000), out _, out _));
    }

    [Fact]
    public void What_parses_is_normal_and_parses_again() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
            !ImageReference.TryParse(text.Get, out var reference, out _) || reference.Equals(ImageReference.Parse(reference.ToString())))
            .QuickCheckThrowOnFailure();
}

using System.Text;
using Insula.Images.Registry;

namespace Insula.Images.Tests.Registry;

public sealed class DockerConfigTests
{
    private static readonly DockerConfig _config = Parse("""
        {"auths":{
          "https://index.docker.io/v1/":{"auth":"aHViOnB3"},
          "quay.example":{"username":"q","password":"u"},
          "quay.example/team":{"username":"team","password":"t"},
          "quay.example/team/app":{"username":"app","password":"a"},
          "*.reg.example:5000":{"username":"star","password":"s"},
          "a.reg.example:5000":{"username":"own","password":"o"},
          "bad.example":{"auth":"c2VjcmV0"},
          "kept.example":{},
          "store.example":{"email":"x"}},
         "credsStore":"desktop",
         "credHelpers":{"gcr.example":"gcloud"}}
        """);

    [Theory]
    [InlineData("docker.io", "library/busybox", "hub")]
    [InlineData("quay.example", "other", "q")]
    [InlineData("quay.example", "teams/app", "q")]
    [InlineData("quay.example", "team/app", "app team q")]
    [InlineData("quay.example", "team/app/more", "app team q")]
    [InlineData("quay.example:5000", "other", "")]
    [InlineData("a.reg.example:5000", "x", "own star")]
    [InlineData("b.reg.example:5000", "x", "star")]
    [InlineData("b.c.reg.example:5000", "x", "")]
    [InlineData("reg.example:5000", "x", "")]
    [InlineData("evil-quay.example", "x", "")]
    public void Who_asks_for_a_repository(string registry, string repository, string users) =>
        Assert.Equal(users, string.Join(' ', _config.Find(registry, repository).Select(c => c.User)));

    [Fact]
    public void Programs_keep_some()
    {
        Assert.Equal(("gcloud", "gcr.example"), _config.HelperOf("gcr.example"));
        Assert.Equal(("desktop", "kept.example"), _config.HelperOf("kept.example"));
        Assert.Null(_config.HelperOf("quay.example"));
        Assert.Null(_config.HelperOf("unknown.example"));
    }

    [Fact]
    public void What_is_broken_is_named_without_what_it_holds()
    {
        var e = Assert.Throws<FormatException>(() => _config.Find("bad.example", "x"));
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<FormatException>(() => Parse("""{"auths":{"x":{"auth":"passw0rd}"""));
        Assert.DoesNotContain("passw0rd", e.ToString(), StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Parse("[]"));
        Assert.Throws<FormatException>(() => Parse("""{"auths":{"x":{},"x":{}}}"""));
        Assert.Throws<FormatException>(() => Parse("""{"auths":{"x":{"auth":"\ud800"}}}"""));
        Assert.Throws<FormatException>(() => Parse("""{"auths":{"\ud800":{}}}"""));
        Assert.Throws<FormatException>(() => DockerConfig.Parse([.. "{\"credsStore\":\""u8, 0x8E, .. "\"}"u8]));
    }

    [Fact]
    public void The_older_form_has_no_auths() =>
        Assert.Equal("me", Assert.Single(DockerConfig.Parse("""{"old.example":{"username":"me","password":"x"}}"""u8, bare: true).Find("old.example", "x")).User);

    private static DockerConfig Parse(string text) => DockerConfig.Parse(Encoding.UTF8.GetBytes(text));
}

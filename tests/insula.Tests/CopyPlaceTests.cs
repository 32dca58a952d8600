using Insula.Cli.Client;

namespace Insula.Cli.Tests;

public sealed class CopyPlaceTests
{
    [Theory]
    [InlineData("file", null, null, "file")]
    [InlineData("./web:x", null, null, "./web:x")]
    [InlineData("/srv/web:x", null, null, "/srv/web:x")]
    [InlineData("../a", null, null, "../a")]
    [InlineData("web:/etc", null, "web", "/etc")]
    [InlineData("web:etc", null, "web", "etc")]
    [InlineData("web:/a:b", null, "web", "/a:b")]
    [InlineData("team/web:/etc", "team", "web", "/etc")]
    [InlineData("pod/web:/etc", null, "pod/web", "/etc")]
    [InlineData("deployment/web:/etc", null, "deployment/web", "/etc")]
    public void Places_are_written_as_in_kubectl(string word, string? ns, string? pod, string path) =>
        Assert.Equal(new CopyPlace(ns, pod, path), CopyPlace.Parse(word));

    [Theory]
    [InlineData("")]
    [InlineData(":/etc")]
    [InlineData("web:")]
    [InlineData("a/b/c:/etc")]
    [InlineData("team/:/etc")]
    public void What_is_no_place_is_refused(string word) => Assert.Throws<CommandException>(() => CopyPlace.Parse(word));

    [Theory]
    [InlineData("/etc/nginx", "nginx")]
    [InlineData("/etc/nginx/", "nginx")]
    [InlineData("file", "file")]
    [InlineData(".", "")]
    [InlineData("/srv/.", "")]
    [InlineData("a/..", "")]
    [InlineData("/", "")]
    public void What_is_copied_keeps_its_name(string path, string name) => Assert.Equal(name, new CopyPlace(null, null, path).Name);
}

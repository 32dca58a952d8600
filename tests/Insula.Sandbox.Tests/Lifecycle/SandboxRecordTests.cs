using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Tests.Plans;

namespace Insula.Sandbox.Tests.Lifecycle;

public sealed class SandboxRecordTests
{
    [Fact]
    public void A_record_comes_back_as_it_went()
    {
        var record = SandboxRecord.Of(Specs.Sandbox with { PodDirectory = "/a b/ü" });
        Assert.Equal(record, SandboxRecord.Decode(record.Encode()));
    }

    [Fact]
    public void The_ids_of_a_user_namespace_are_kept()
    {
        var record = SandboxRecord.Of(Specs.Sandbox with { UserIds = new UserIdRange(131072, 65536) });
        Assert.Equal(new UserIdRange(131072, 65536), SandboxRecord.Decode(record.Encode()).UserIds);
    }

    [Fact]
    public void A_record_of_an_earlier_daemon_has_no_user_namespace() =>
        Assert.Null(SandboxRecord.Decode("insula-sandbox-1\0u\0c\0p\0l\0"u8).UserIds);

    [Theory]
    [InlineData("insula-sandbox-1\0u\0c\0p\0l\00:65536\0")]
    [InlineData("insula-sandbox-2\0u\0c\0p\0l\0")]
    [InlineData("insula-sandbox-1\0u\0c\0p\0")]
    [InlineData("insula-sandbox-1\0u\0c\0p\0l")]
    public void Another_version_or_a_cut_record_is_refused(string text) =>
        Assert.Throws<SandboxException>(() => SandboxRecord.Decode(System.Text.Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("6f1c-4a-0", "6f1c-4a")]
    [InlineData("u-12", "u")]
    public void The_pod_is_what_stands_before_the_attempt(string sandbox, string pod) =>
        Assert.Equal(pod, SandboxId.PodUidOf(sandbox));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("-a")]
    [InlineData("ä")]
    public void An_id_that_is_no_plain_component_is_refused(string id) =>
        Assert.Throws<SandboxException>(() => SandboxId.Check("container", id));

    [Theory]
    [InlineData("web.0")]
    [InlineData("6f1c2d3e-0000-4000-8000-000000000000-0")]
    public void Usual_ids_are_taken(string id) => SandboxId.Check("container", id);

    [Theory]
    [InlineData("volumes/a", "/pod/volumes/a")]
    [InlineData("etc/hosts", "/pod/etc/hosts")]
    public void Pod_paths_are_joined(string relative, string path) => Assert.Equal(path, PodPaths.InPodDirectory(relative));

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    public void Pod_paths_never_leave_the_pod(string relative) => Assert.Throws<ArgumentException>(() => PodPaths.InPodDirectory(relative));
}

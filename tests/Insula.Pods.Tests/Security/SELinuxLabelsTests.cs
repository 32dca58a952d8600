using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Linux.SecurityModules;
using Insula.Pods.Launch;
using Insula.Pods.Security;
using Insula.Pods.Workers;
using Insula.Sandbox.Containers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Pods.Tests.Security;

public sealed class SELinuxLabelsTests : IDisposable
{
    private readonly string _pods = Directory.CreateTempSubdirectory("insula-test-").FullName;

    public void Dispose() => Directory.Delete(_pods, recursive: true);

    [Fact]
    public void What_the_manifest_leaves_out_is_as_the_policy_has_it_for_containers_with_categories_of_the_pod()
    {
        Assert.Equal(ExecLabel.SELinux("u:r:container_t:s0:c0,c1", "u:object_r:container_file_t:s0:c0,c1"), Of(new SELinuxOptions()));
        Assert.Equal(ExecLabel.SELinux("u:r:container_t:s0:c1,c2", "u:object_r:container_file_t:s0:c1,c2"), Of(new SELinuxOptions { Level = "s0:c1,c2" }));
        Assert.Equal(
            ExecLabel.SELinux("a:b:c:s0:c0,c1", "u:object_r:container_file_t:s0:c0,c1"), Of(new SELinuxOptions { User = "a", Role = "b", Type = "c", Level = "" }));
    }

    [Fact]
    public void Who_asks_for_nothing_gets_the_same_where_SELinux_is_on()
    {
        Assert.Equal(Of(new SELinuxOptions()), Labels(new FakeSELinux()).Of(NewPod(), Container(null)));
        Assert.Null(Labels(new FakeSELinux { IsEnabled = false }).Of(NewPod(), Container(null)));
        Assert.Null(Labels(new FakeSELinux { Refusal = "no containers" }).Of(NewPod(), Container(null)));
        Assert.Null(Labels(new FakeSELinux { Unknown = ["u:r:container_t:s0:c0,c1"] }).Of(NewPod(), Container(null)));
    }

    [Fact]
    public void Pods_have_different_categories_and_the_containers_of_one_the_same()
    {
        var labels = Labels(new FakeSELinux(), 3);
        var (first, second) = (NewPod(), NewPod());
        var texts = new[] { first, second, first, second }.Select(pod => labels.Of(pod, Container(null))!).ToList();
        Assert.Equal(texts[..2], texts[2..]);
        Assert.NotEqual(texts[0].Text, texts[1].Text);
        Assert.NotEqual(texts[0].Mounts, texts[1].Mounts);
    }

    [Fact]
    public void A_policy_without_levels_has_no_categories() =>
        Assert.Equal(ExecLabel.SELinux("u:r:container_t", "u:object_r:container_file_t"), Labels(new FakeSELinux { Level = null }).Of(NewPod(), Container(null)));

    [Fact]
    public void What_is_of_the_machine_has_a_context_only_when_it_asks()
    {
        var privileged = new Container { Name = "main", SecurityContext = new SecurityContext { Privileged = true } };
        var labels = Labels(new FakeSELinux());
        Assert.Null(labels.Of(NewPod(), privileged));
        Assert.Null(labels.Of(NewPod(new PodSpec { HostPID = true }), Container(null)));
        Assert.Null(labels.Of(NewPod(new PodSpec { HostIPC = true }), Container(null)));
        Assert.NotNull(labels.Of(NewPod(new PodSpec { HostPID = true }), Container(new SELinuxOptions())));
    }

    [Fact]
    public void The_container_s_options_go_before_the_pod_s_as_a_whole()
    {
        var labels = Labels(new FakeSELinux());
        var pod = NewPod(new PodSpec { SecurityContext = new PodSecurityContext { SeLinuxOptions = new SELinuxOptions { Type = "pods", Level = "s0:c9" } } });
        Assert.Equal("u:r:pods:s0:c9", labels.Of(pod, Container(null))!.Text);
        Assert.Equal("u:r:mine:s0:c0,c1", labels.Of(pod, Container(new SELinuxOptions { Type = "mine" }))!.Text);
    }

    [Fact]
    public void What_cannot_be_had_is_refused_by_name()
    {
        Refused("SELinux is not enabled on the host", new FakeSELinux { IsEnabled = false }, new SELinuxOptions());
        Refused("no containers", new FakeSELinux { Refusal = "no containers" }, new SELinuxOptions());
        Refused("the SELinux policy knows no context u:r:other_t:s0:c0,c1", new FakeSELinux { Unknown = ["u:r:other_t:s0:c0,c1"] }, new SELinuxOptions { Type = "other_t" });
        Refused("the SELinux policy knows no context u:object_r:container_file_t:s9", new FakeSELinux { Unknown = ["u:object_r:container_file_t:s9"] }, new SELinuxOptions { Level = "s9" });
    }

    [Fact]
    public void The_check_says_what_containers_get()
    {
        Assert.Equal((true, "containers run as u:r:container_t:s0 with categories of their pod, permissive"), Check(new FakeSELinux()));
        Assert.Equal((true, "containers run as u:r:container_t:s0 with categories of their pod, enforcing"), Check(new FakeSELinux { IsEnforcing = true }));
        Assert.Equal((false, "no containers"), Check(new FakeSELinux { Refusal = "no containers" }));
        Assert.False(Check(new FakeSELinux { IsEnabled = false }).Available);

        (bool Available, string Detail) Check(FakeSELinux machine) => Labels(machine).Check() is var feature ? (feature.Available, feature.Detail) : default;
    }

    private static Container Container(SELinuxOptions? options) => new() { Name = "main", SecurityContext = new SecurityContext { SeLinuxOptions = options } };

    private Pod NewPod(PodSpec? spec = null)
    {
        var uid = Guid.NewGuid().ToString();
        Directory.CreateDirectory(Path.Combine(_pods, uid));
        return new Pod { Metadata = new ObjectMeta { Uid = uid }, Spec = spec ?? new PodSpec() };
    }

    // Of two categories there is one pair.
    private SELinuxLabels Labels(FakeSELinux machine, int categories = 2) =>
        new(machine, new CategoryAllocator(_pods, categories), new SaidOnce(), NullLogger.Instance);

    private ExecLabel? Of(SELinuxOptions options) => Labels(new FakeSELinux()).Of(NewPod(), Container(options));

    private void Refused(string why, FakeSELinux machine, SELinuxOptions options)
    {
        var refusal = Assert.Throws<LaunchRefusedException>(() => Labels(machine).Of(NewPod(), Container(options)));
        Assert.Equal(("CreateContainerError", $"container main: seLinuxOptions: {why}"), (refusal.Reason, refusal.Message));
    }
}

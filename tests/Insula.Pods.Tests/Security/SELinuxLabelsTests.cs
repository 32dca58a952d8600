using Insula.Api.Core;
using Insula.Linux.SecurityModules;
using Insula.Pods.Launch;
using Insula.Pods.Security;
using Insula.Sandbox.Containers;

namespace Insula.Pods.Tests.Security;

public class SELinuxLabelsTests
{
    [Fact]
    public void What_the_manifest_leaves_out_is_as_the_policy_has_it_for_containers()
    {
        Assert.Equal(ExecLabel.SELinux("u:r:container_t:s0", "u:object_r:container_file_t:s0"), Of(new SELinuxOptions()));
        Assert.Equal(ExecLabel.SELinux("u:r:container_t:s0:c1,c2", "u:object_r:container_file_t:s0:c1,c2"), Of(new SELinuxOptions { Level = "s0:c1,c2" }));
        Assert.Equal(
            ExecLabel.SELinux("a:b:c:s0", "u:object_r:container_file_t:s0"), Of(new SELinuxOptions { User = "a", Role = "b", Type = "c", Level = "" }));
    }

    [Fact]
    public void Who_asks_for_nothing_gets_nothing()
    {
        Assert.Null(new SELinuxLabels(new FakeSELinux()).Of(new Pod(), Container(null)));
        Assert.Null(new SELinuxLabels(new FakeSELinux { IsEnabled = false }).Of(new Pod(), Container(null)));
    }

    [Fact]
    public void The_container_s_options_go_before_the_pod_s_as_a_whole()
    {
        var labels = new SELinuxLabels(new FakeSELinux());
        var pod = new Pod { Spec = new PodSpec { SecurityContext = new PodSecurityContext { SeLinuxOptions = new SELinuxOptions { Type = "pods", Level = "s0:c9" } } } };
        Assert.Equal("u:r:pods:s0:c9", labels.Of(pod, Container(null))!.Text);
        Assert.Equal("u:r:mine:s0", labels.Of(pod, Container(new SELinuxOptions { Type = "mine" }))!.Text);
    }

    [Fact]
    public void What_cannot_be_had_is_refused_by_name()
    {
        Refused("SELinux is not enabled on the host", new FakeSELinux { IsEnabled = false }, new SELinuxOptions());
        Refused("no containers", new FakeSELinux { Refusal = "no containers" }, new SELinuxOptions());
        Refused("the SELinux policy knows no context u:r:other_t:s0", new FakeSELinux { Unknown = ["u:r:other_t:s0"] }, new SELinuxOptions { Type = "other_t" });
        Refused("the SELinux policy knows no context u:object_r:container_file_t:s9", new FakeSELinux { Unknown = ["u:object_r:container_file_t:s9"] }, new SELinuxOptions { Level = "s9" });
    }

    [Fact]
    public void The_check_says_what_containers_get()
    {
        Assert.Equal((true, "containers that ask run as u:r:container_t:s0, permissive"), Check(new FakeSELinux()));
        Assert.Equal((true, "containers that ask run as u:r:container_t:s0, enforcing"), Check(new FakeSELinux { IsEnforcing = true }));
        Assert.Equal((false, "no containers"), Check(new FakeSELinux { Refusal = "no containers" }));
        Assert.False(Check(new FakeSELinux { IsEnabled = false }).Available);

        static (bool Available, string Detail) Check(FakeSELinux machine) => new SELinuxLabels(machine).Check() is var feature ? (feature.Available, feature.Detail) : default;
    }

    private static Container Container(SELinuxOptions? options) => new() { Name = "main", SecurityContext = new SecurityContext { SeLinuxOptions = options } };

    private static ExecLabel? Of(SELinuxOptions options) => new SELinuxLabels(new FakeSELinux()).Of(new Pod(), Container(options));

    private static void Refused(string why, FakeSELinux machine, SELinuxOptions options)
    {
        var refusal = Assert.Throws<LaunchRefusedException>(() => new SELinuxLabels(machine).Of(new Pod(), Container(options)));
        Assert.Equal(("CreateContainerError", $"container main: seLinuxOptions: {why}"), (refusal.Reason, refusal.Message));
    }
}

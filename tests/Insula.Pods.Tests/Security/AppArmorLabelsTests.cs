using Insula.Api.Core;
using Insula.Pods.Launch;
using Insula.Pods.Security;
using Insula.Pods.Workers;
using Insula.Sandbox.Containers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Pods.Tests.Security;

public class AppArmorLabelsTests
{
    private static readonly ExecLabel _default = ExecLabel.AppArmor(DefaultAppArmorProfile.Name);

    [Fact]
    public void Who_asks_for_nothing_gets_the_default_where_there_is_AppArmor()
    {
        var machine = new FakeAppArmor(true);
        var labels = Labels(machine);
        Assert.Equal(_default, Of(labels, null));
        Assert.Equal(_default, Of(labels, "RuntimeDefault"));
        Assert.Equal([DefaultAppArmorProfile.Text], machine.Loads);
        Assert.Null(Of(Labels(new FakeAppArmor(false)), null));
    }

    [Fact]
    public void A_profile_of_the_same_name_from_who_knows_whom_is_replaced_once()
    {
        var machine = new FakeAppArmor(true, DefaultAppArmorProfile.Name);
        var labels = Labels(machine);
        Of(labels, null);
        Of(labels, null);
        Assert.Single(machine.Loads);
        machine.Unload(DefaultAppArmorProfile.Name);
        Assert.Equal(_default, Of(labels, null));
        Assert.Equal(2, machine.Loads.Count);
    }

    [Fact]
    public void Without_a_parser_only_who_asked_is_refused()
    {
        var labels = Labels(new FakeAppArmor(true) { Refusal = "no parser" });
        Assert.Null(Of(labels, null));
        Refused("container main: no parser", () => Of(labels, "RuntimeDefault"));
        labels = Labels(new FakeAppArmor(true, DefaultAppArmorProfile.Name) { Refusal = "no parser" });
        Assert.Equal(_default, Of(labels, null));
        Assert.Equal(_default, Of(labels, "RuntimeDefault"));
    }

    [Fact]
    public void Where_the_kernel_shows_no_profiles_only_who_asked_is_refused()
    {
        var labels = Labels(new FakeAppArmor(true, "mine") { HidesList = true });
        Assert.Null(Of(labels, null));
        foreach (var type in (string[])["RuntimeDefault", "Localhost"])
        {
            Assert.Contains("securityfs", Assert.Throws<LaunchRefusedException>(() => Of(labels, type, "mine")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_check_says_what_containers_get()
    {
        Assert.Equal((true, "profile insula-default"), Check(new FakeAppArmor(true)));
        Assert.Equal((false, "no parser"), Check(new FakeAppArmor(true) { Refusal = "no parser" }));
        Assert.False(Check(new FakeAppArmor(false)).Available);
        Assert.Contains("securityfs", Check(new FakeAppArmor(true) { HidesList = true }).Detail, StringComparison.Ordinal);

        static (bool Available, string Detail) Check(FakeAppArmor machine) => Labels(machine).Check() is var feature ? (feature.Available, feature.Detail) : default;
    }

    [Fact]
    public void A_named_profile_must_be_loaded()
    {
        var labels = Labels(new FakeAppArmor(true, "mine"));
        Assert.Equal(ExecLabel.AppArmor("mine"), Of(labels, "Localhost", "mine"));
        Assert.Equal(ExecLabel.AppArmor("mine"), Of(labels, "Localhost", "mine", privileged: true));
        Refused("container main: apparmor profile not found other", () => Of(labels, "Localhost", "other"));
        Refused("container main: apparmor profile not found mine", () => Of(Labels(new FakeAppArmor(false, "mine")), "Localhost", "mine"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("RuntimeDefault")]
    public void A_privileged_container_has_no_default(string? type) => Assert.Null(Of(Labels(new FakeAppArmor(true)), type, privileged: true));

    [Fact]
    public void Nothing_else_is_no_profile()
    {
        Assert.Null(Of(Labels(new FakeAppArmor(true)), "Unconfined"));
        Refused("container main: AppArmor is not enabled on the host", () => Of(Labels(new FakeAppArmor(false)), "RuntimeDefault"));

        // Objects stored by who knows whom.
        Refused("container main: appArmorProfile type \"Localhost\" has no profile", () => Of(Labels(new FakeAppArmor(true)), "Localhost", ""));
        Refused("container main: appArmorProfile type \"other\" has no profile", () => Of(Labels(new FakeAppArmor(true)), "other"));
    }

    [Fact]
    public void The_container_s_profile_goes_before_the_pod_s()
    {
        var labels = Labels(new FakeAppArmor(true, "pods", "mine"));
        var pod = new Pod { Spec = new PodSpec { SecurityContext = new PodSecurityContext { AppArmorProfile = Profile("Localhost", "pods") } } };
        Assert.Equal(ExecLabel.AppArmor("pods"), labels.Of(pod, new Container { Name = "main" }));
        Assert.Equal(ExecLabel.AppArmor("mine"), labels.Of(pod, Container("Localhost", "mine")));
        Assert.Null(labels.Of(pod, Container("Unconfined")));
    }

    private static AppArmorLabels Labels(FakeAppArmor machine) => new(machine, new SaidOnce(), NullLogger.Instance);

    private static AppArmorProfile? Profile(string? type, string? name = null) => type is null ? null : new() { Type = type, LocalhostProfile = name };

    private static Container Container(string? type, string? name = null, bool privileged = false) =>
        new() { Name = "main", SecurityContext = new SecurityContext { AppArmorProfile = Profile(type, name), Privileged = privileged } };

    private static ExecLabel? Of(AppArmorLabels labels, string? type, string? name = null, bool privileged = false) =>
        labels.Of(new Pod(), Container(type, name, privileged));

    private static void Refused(string message, Func<ExecLabel?> ask) =>
        Assert.Equal(("CreateContainerError", message), Assert.Throws<LaunchRefusedException>(ask) is var e ? (e.Reason, e.Message) : default);
}

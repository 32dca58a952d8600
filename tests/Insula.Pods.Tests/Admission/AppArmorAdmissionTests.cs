using Insula.Api.Core;
using Insula.Pods.Admission;
using Insula.Pods.Tests.Security;

namespace Insula.Pods.Tests.Admission;

public class AppArmorAdmissionTests
{
    [Theory]
    [InlineData(null, null, false)]
    [InlineData("Unconfined", null, false)]
    [InlineData("RuntimeDefault", null, true)]
    [InlineData("RuntimeDefault", "Unconfined", false)]
    [InlineData("Unconfined", "Localhost", true)]
    [InlineData(null, "RuntimeDefault", true)]
    public void A_pod_that_needs_it_is_rejected_where_it_is_not(string? pod, string? container, bool needed)
    {
        var manifest = new Pod
        {
            Spec = new PodSpec
            {
                SecurityContext = pod is null ? null : new PodSecurityContext { AppArmorProfile = new AppArmorProfile { Type = pod } },
                Containers = [new Container { Name = "a", SecurityContext = container is null ? null : new SecurityContext { AppArmorProfile = new AppArmorProfile { Type = container } } }],
            },
        };
        Assert.Null(new PodAdmission(new SysctlAllowlist([]), new FakeAppArmor(true), new FakeSELinux { IsEnabled = false }).Judge(manifest));
        Assert.Equal(
            needed ? new Rejection("AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host") : null,
            new PodAdmission(new SysctlAllowlist([]), new FakeAppArmor(false), new FakeSELinux { IsEnabled = false }).Judge(manifest));
    }
}

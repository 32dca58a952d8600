using Insula.Api.Core;
using Insula.Pods.Admission;
using Insula.Pods.Tests.Security;

namespace Insula.Pods.Tests.Admission;

public class SELinuxAdmissionTests
{
    private static readonly SecurityContext _asking = new() { SeLinuxOptions = new SELinuxOptions { Level = "s0:c1" } };

    public static TheoryData<PodSpec, string?> Pods => new()
    {
        { new PodSpec { Containers = [new Container { Name = "a" }] }, null },
        { new PodSpec { SecurityContext = new PodSecurityContext { SeLinuxOptions = new SELinuxOptions() } }, "spec.securityContext.seLinuxOptions" },
        { new PodSpec { InitContainers = [new Container { SecurityContext = _asking }] }, "spec.initContainers[0].securityContext.seLinuxOptions" },
        { new PodSpec { Containers = [new Container(), new Container { SecurityContext = _asking }] }, "spec.containers[1].securityContext.seLinuxOptions" },
    };

    [Theory]
    [MemberData(nameof(Pods))]
    public void A_pod_that_asks_for_a_context_is_rejected_by_the_field_s_name_where_there_are_none(PodSpec spec, string? field)
    {
        var pod = new Pod { Spec = spec };
        Assert.Null(Admission(true).Judge(pod));
        Assert.Equal(
            field is null ? null : new Rejection("SELinux", $"Cannot enforce {field}: SELinux is not enabled on the host"), Admission(false).Judge(pod));
    }

    private static PodAdmission Admission(bool enabled) => new(new SysctlAllowlist([]), new FakeAppArmor(false), new FakeSELinux { IsEnabled = enabled });
}

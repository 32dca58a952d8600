using Insula.Api.Core;
using Insula.Pods.Admission;
using Insula.Pods.Tests.Security;

namespace Insula.Pods.Tests.Admission;

public class SysctlAllowlistTests
{
    [Theory]
    [InlineData("kernel.shm_rmid_forced")]
    [InlineData("net.ipv4.ip_local_port_range")]
    [InlineData("net.ipv4.tcp_syncookies")]
    [InlineData("net.ipv4.ping_group_range")]
    [InlineData("net.ipv4.ip_unprivileged_port_start")]
    [InlineData("net.ipv4.ip_local_reserved_ports")]
    [InlineData("net.ipv4.tcp_keepalive_time")]
    [InlineData("net.ipv4.tcp_fin_timeout")]
    [InlineData("net.ipv4.tcp_keepalive_intvl")]
    [InlineData("net.ipv4.tcp_keepalive_probes")]
    [InlineData("net.ipv4.tcp_rmem")]
    [InlineData("net.ipv4.tcp_wmem")]
    [InlineData("net/ipv4/tcp_wmem")]
    public void TheSafeOnesAreThoseOfKubernetes(string name) => Assert.Null(new SysctlAllowlist([]).Complaint(name));

    [Theory]
    [InlineData("", "net.core.somaxconn", "\"net.core.somaxconn\" not allowlisted")]
    [InlineData("", "net/core/somaxconn", "\"net.core.somaxconn\" not allowlisted")]
    [InlineData("", "kernel.core_pattern", "\"kernel.core_pattern\" not allowlisted")]
    [InlineData("net.core.somaxconn", "net.core.somaxconn", null)]
    [InlineData("net/core/somaxconn", "net.core.somaxconn", null)]
    [InlineData("net.core.somaxconn", "net.core.somaxconn2", "\"net.core.somaxconn2\" not allowlisted")]
    [InlineData("net.*", "net.core.somaxconn", null)]
    [InlineData("net.*", "kernel.sem", "\"kernel.sem\" not allowlisted")]
    [InlineData("kernel.msg*", "kernel.msgmax", null)]
    [InlineData("kernel.shm*", "kernel.shmall", null)]
    [InlineData("kernel.shm*", "kernel.shm_next_id", "\"kernel.shm_next_id\" is not known to be namespaced")]
    [InlineData("kernel.sem*", "kernel.sem", null)]
    [InlineData("kernel.sem*", "kernel.sem_next_id", "\"kernel.sem_next_id\" is not known to be namespaced")]
    [InlineData("fs.mqueue.*", "fs.mqueue.queues_max", null)]
    public void OthersAreTheOperatorsToAllow(string patterns, string name, string? complaint) =>
        Assert.Equal(complaint, new SysctlAllowlist(patterns.Split(',', StringSplitOptions.RemoveEmptyEntries)).Complaint(name));

    [Theory]
    [InlineData("*", "not known to be namespaced")]
    [InlineData("kernel.*", "not known to be namespaced")]
    [InlineData("kernel.core_pattern", "not known to be namespaced")]
    [InlineData("kernel.s*", "not known to be namespaced")]
    [InlineData("vm.swappiness", "not known to be namespaced")]
    [InlineData("fs.*", "not known to be namespaced")]
    [InlineData("kernel.shm", "not known to be namespaced")]
    [InlineData("", "match regex")]
    [InlineData("net.*.x", "match regex")]
    [InlineData("net.core.somaxconn\n", "match regex")]
    public void OnlyWhatIsNamespacedCanBeAllowed(string pattern, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => new SysctlAllowlist([pattern])).Message);

    [Fact]
    public void APodWithAForbiddenOneIsRejectedInTheKubeletsWords()
    {
        var admission = new PodAdmission(new SysctlAllowlist([]), new FakeAppArmor(false), new FakeSELinux { IsEnabled = false });
        Assert.Null(admission.Judge(new Pod()));
        var pod = new Pod { Spec = new PodSpec { SecurityContext = new PodSecurityContext { Sysctls = [new Sysctl { Name = "kernel.msgmax", Value = "1" }] } } };
        Assert.Equal(new Rejection("SysctlForbidden", "forbidden sysctl: \"kernel.msgmax\" not allowlisted"), admission.Judge(pod));
    }
}

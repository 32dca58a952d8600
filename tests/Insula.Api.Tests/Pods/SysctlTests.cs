using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class SysctlTests
{
    [Theory]
    [InlineData("net.ipv4.tcp_rmem", "net.ipv4.tcp_rmem", "net/ipv4/tcp_rmem")]
    [InlineData("net/ipv4/tcp_rmem", "net.ipv4.tcp_rmem", "net/ipv4/tcp_rmem")]
    [InlineData("net.ipv4.conf.eno2/100.rp_filter", "net.ipv4.conf.eno2/100.rp_filter", "net/ipv4/conf/eno2.100/rp_filter")]
    [InlineData("net/ipv4/conf/eno2.100/rp_filter", "net.ipv4.conf.eno2/100.rp_filter", "net/ipv4/conf/eno2.100/rp_filter")]
    [InlineData("kernel/shm_rmid_forced", "kernel.shm_rmid_forced", "kernel/shm_rmid_forced")]
    [InlineData("a", "a", "a")]
    public void Names_are_read_with_dots_and_with_slashes(string name, string normalized, string path)
    {
        Assert.True(SysctlNames.IsValid(name));
        Assert.Equal(normalized, SysctlNames.Normalize(name));
        Assert.Equal(path, SysctlNames.PathOf(normalized));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("net.")]
    [InlineData(".net")]
    [InlineData("net..ipv4")]
    [InlineData("net//ipv4")]
    [InlineData("../kernel/core_pattern")]
    [InlineData("net/../kernel/core_pattern")]
    [InlineData("/net/ipv4/tcp_rmem")]
    [InlineData("Net.ipv4.tcp_rmem")]
    [InlineData("net.ipv4.tcp_rmem ")]
    [InlineData("net.ipv4.tcp_rmem\n")]
    [InlineData("net.ipv4.tcp_rmem=1")]
    [InlineData("net.ipv4.tcp_rmem=1\nkernel.core_pattern")]
    [InlineData("net.ipv4.tcp_rmem+kernel.core_pattern=x")]
    [InlineData("net.ipv4.*")]
    [InlineData("net.ipv4.tcp_rmem\0")]
    [InlineData("net.ipv4.tcp_rmém")]
    [InlineData("-net.ipv4")]
    [InlineData("net.ipv4-")]
    public void What_is_no_name_is_refused(string name) => Assert.False(SysctlNames.IsValid(name));

    [Fact]
    public void Names_have_a_longest()
    {
        Assert.True(SysctlNames.IsValid(new string('a', 253)));
        Assert.False(SysctlNames.IsValid(new string('a', 254)));
    }

    [Theory]
    [InlineData("net.core.somaxconn", SysctlNamespace.Net)]
    [InlineData("kernel.sem", SysctlNamespace.Ipc)]
    [InlineData("kernel.msgmax", SysctlNamespace.Ipc)]
    [InlineData("kernel.shm_rmid_forced", SysctlNamespace.Ipc)]
    [InlineData("fs.mqueue.msg_max", SysctlNamespace.Ipc)]
    [InlineData("kernel.shm_next_id", SysctlNamespace.Unknown)]
    [InlineData("kernel.semx", SysctlNamespace.Unknown)]
    [InlineData("kernel.core_pattern", SysctlNamespace.Unknown)]
    [InlineData("kernel.hostname", SysctlNamespace.Unknown)]
    [InlineData("vm.swappiness", SysctlNamespace.Unknown)]
    [InlineData("network.x", SysctlNamespace.Unknown)]
    [InlineData("net", SysctlNamespace.Unknown)]
    [InlineData("fs.mqueue", SysctlNamespace.Unknown)]
    public void Each_belongs_to_a_namespace_or_to_the_machine(string name, SysctlNamespace expected) => Assert.Equal(expected, SysctlNames.NamespaceOf(name));

    [Theory]
    [InlineData("{securityContext: {sysctls: [{name: '', value: '1'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].name: Required value")]
    [InlineData("{securityContext: {sysctls: [{name: net..x, value: '1'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].name: Invalid value: \"net..x\": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$")]
    [InlineData("{securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}, {name: net.ipv4.tcp_syncookies, value: '0'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[1].name: Duplicate value: \"net.ipv4.tcp_syncookies\"")]
    [InlineData("{securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}, {name: net/ipv4/tcp_syncookies, value: '0'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[1].name: Duplicate value: \"net/ipv4/tcp_syncookies\"")]
    [InlineData("{hostNetwork: true, securityContext: {sysctls: [{name: net/ipv4/tcp_syncookies, value: '1'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].name: Invalid value: \"net/ipv4/tcp_syncookies\": may not be specified when 'hostNetwork' is true")]
    [InlineData("{hostIPC: true, securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].name: Invalid value: \"kernel.msgmax\": may not be specified when 'hostIPC' is true")]
    [InlineData("{securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: ''}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].value: Required value")]
    [InlineData("{securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: \"1\\n2\"}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].value: Invalid value: \"1\\n2\": must consist of letters")]
    [InlineData("{securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1+kernel.core_pattern=|/evil'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].value: Invalid value")]
    [InlineData("{securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1 kernel.core_pattern=x'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].value: Invalid value")]
    [InlineData("{securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '١'}]}, containers: [{name: a, image: b}]}", "spec.securityContext.sysctls[0].value: Invalid value")]
    public void Errors_are_those_of_Kubernetes(string spec, string expected) =>
        Assert.StartsWith(expected, Assert.Single(PodValidation.Validate(PodDefaults.Apply(PodValidationTests.Pod(spec)))).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("4096 131072 6291456")]
    [InlineData("1024\t65000")]
    [InlineData("8080,9148-9150")]
    [InlineData("bbr")]
    [InlineData("-1")]
    public void Usual_values_pass(string value) => Assert.True(SysctlNames.IsValidValue(value));
}

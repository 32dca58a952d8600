using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Sandboxes;

/// <summary>Kernel settings of a pod: what it may set is set, and nothing of the machine's is.</summary>
public sealed class SysctlTests(SysctlTests.Fixture fixture) : IClassFixture<SysctlTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task The_safe_ones_and_those_allowed_are_the_pod_s_alone()
    {
        (string Name, string Value)[] wanted =
        [
            ("kernel.shm_rmid_forced", "1"), ("net.ipv4.ip_local_port_range", "20000\t30000"), ("net.ipv4.tcp_syncookies", "0"), ("net.ipv4.ping_group_range", "5\t10"),
            ("net.ipv4.ip_unprivileged_port_start", "80"), ("net.ipv4.ip_local_reserved_ports", "21000,22000-22010"), ("net.ipv4.tcp_keepalive_time", "1234"),
            ("net.ipv4.tcp_fin_timeout", "12"), ("net.ipv4.tcp_keepalive_intvl", "13"), ("net.ipv4.tcp_keepalive_probes", "7"), ("net.ipv4.tcp_rmem", "4096\t131072\t200000"),
            ("net/ipv4/tcp_wmem", "4096\t16384\t300000"),

            // Allowed by the daemon's options: one by name, others by pattern; an interface exists when it is set.
            ("net.core.somaxconn", "321"), ("kernel.msgmax", "5432"), ("kernel/msgmnb", "6543"), ("fs.mqueue.msg_max", "11"), ("net.ipv4.conf.eth0.rp_filter", "2"),
        ];
        var paths = wanted.Select(w => w.Name.Replace('.', '/')).ToList();
        var before = paths.Select(Read).ToList();
        await _insula.ApplyAsync(Manifests.Pod("sysctls", Manifests.Forever, spec: new { securityContext = new { sysctls = wanted.Select(w => new { name = w.Name, value = w.Value }) } }));
        await _insula.WaitForReadyAsync("sysctls");
        var seen = (await _insula.CliAsync(["exec", "sysctls", "--", "cat", .. paths.Select(p => "/proc/sys/" + p)])).Succeeded();
        Assert.Equal(string.Concat(wanted.Select(w => w.Value + "\n")), seen);
        Assert.Equal(before, paths.Select(Read));

        // To the container they are what /proc/sys always is: read-only.
        (await _insula.CliAsync("exec", "sysctls", "--", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/tcp_syncookies")).Failed();
        await _insula.DeletePodAsync("sysctls");
    }

    [Theory]
    [InlineData("net.core.netdev_max_backlog", "\"net.core.netdev_max_backlog\" not allowlisted")]
    [InlineData("net/ipv4/ip_forward", "\"net.ipv4.ip_forward\" not allowlisted")]
    [InlineData("kernel.core_pattern", "\"kernel.core_pattern\" not allowlisted")]
    [InlineData("vm.overcommit_memory", "\"vm.overcommit_memory\" not allowlisted")]
    [InlineData("kernel.msg_next_id", "\"kernel.msg_next_id\" is not known to be namespaced")]
    public async Task Others_are_forbidden_and_the_pod_fails(string sysctl, string message)
    {
        var name = "forbidden-" + sysctl.GetHashCode(StringComparison.Ordinal).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        var path = "/proc/sys/" + sysctl.Replace('.', '/');
        var before = File.Exists(path) ? await File.ReadAllTextAsync(path) : "";
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, spec: new { securityContext = new { sysctls = new[] { new { name = sysctl, value = "1" } } } }));
        var pod = await _insula.WaitForPodAsync(name, p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Equal(("SysctlForbidden", $"Pod was rejected: forbidden sysctl: {message}"), ((string)pod["status"]!["reason"]!, (string)pod["status"]!["message"]!));
        Assert.Contains("SysctlForbidden", (await _insula.CliAsync("get", "pod", name)).Succeeded(), StringComparison.Ordinal);
        Assert.Contains($"forbidden sysctl: {message}", (await _insula.CliAsync("events", "--for", $"pod/{name}")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal(before, File.Exists(path) ? await File.ReadAllTextAsync(path) : "");
        await _insula.DeletePodAsync(name);
    }

    [Theory]
    [InlineData("net.ipv4.tcp_rmem", "not numbers", "net/ipv4/tcp_rmem = not numbers: Invalid argument")]

    // Allowed by the pattern net.ipv4.conf.*, but there is no such interface.
    [InlineData("net.ipv4.conf.eth7.rp_filter", "1", "net/ipv4/conf/eth7/rp_filter = 1: No such file or directory")]
    public async Task What_the_kernel_refuses_is_said_and_starts_nothing(string sysctl, string value, string message)
    {
        await _insula.ApplyAsync(Manifests.Pod("refused", Manifests.Forever, spec: new { securityContext = new { sysctls = new[] { new { name = sysctl, value } } } }));
        await Eventually.GetAsync(
            async () => (await _insula.CliAsync("events", "--for", "pod/refused")).Succeeded(),
            text => text.Contains("FailedCreatePodSandBox", StringComparison.Ordinal) && text.Contains(message, StringComparison.Ordinal), $"an event says \"{message}\"");
        Assert.Equal("Pending", Pods.Phase((await _insula.Api.FindPodAsync("refused"))!));
        await _insula.DeletePodAsync("refused");
    }

    private static string Read(string path) => File.Exists("/proc/sys/" + path) ? File.ReadAllText("/proc/sys/" + path) : "";

    public sealed class Fixture : InstanceFixture
    {
        protected override string Config => base.Config + "\nallowed-unsafe-sysctls: net.core.somaxconn,kernel.msg*,fs.mqueue.*,net.ipv4.conf.*\n";
    }
}

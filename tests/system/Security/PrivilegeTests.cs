using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Capabilities, set-user-ID programs, /proc and resource limits, for a container's program and for commands run in it.</summary>
public sealed class PrivilegeTests(PrivilegeTests.Fixture fixture) : IClassFixture<PrivilegeTests.Fixture>
{
    /// <summary>chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service sys_chroot setfcap.</summary>
    private const string Default = "00000000800405fb";

    private const string None = "0000000000000000";
    private const string NetRaw = "0000000000002000";

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task The_five_sets_are_the_same_at_the_start_and_by_exec()
    {
        var everything = Processes.Status(_insula.DaemonPid, "CapEff");
        var lists = new { add = new[] { "NET_RAW" }, drop = new[] { "ALL" } };
        (string Name, object Context, string Bound, string InForce)[] cases =
        [
            ("default", new { runAsUser = 0 }, Default, Default),
            ("default-user", new { runAsUser = 1000 }, Default, None),
            ("listed", new { runAsUser = 0, capabilities = lists }, NetRaw, NetRaw),
            ("listed-user", new { runAsUser = 1000, capabilities = lists }, NetRaw, None),
            ("contained", new { runAsUser = 0, allowPrivilegeEscalation = false }, Default, Default),
            ("contained-user", new { runAsUser = 1000, allowPrivilegeEscalation = false, capabilities = lists }, NetRaw, None),
            ("privileged", new { runAsUser = 0, privileged = true }, everything, everything),
            ("privileged-user", new { runAsUser = 1000, privileged = true }, everything, None),
        ];
        foreach (var (name, context, _, _) in cases)
        {
            await _insula.ApplyAsync(Manifests.Pod(name, $"grep -E '^Cap|^NoNewPrivs' /proc/self/status; {Manifests.Forever}", container: new { securityContext = context }));
        }

        foreach (var (name, _, bound, inForce) in cases)
        {
            await _insula.WaitForReadyAsync(name);
            var expected = $"CapInh:{None} CapPrm:{inForce} CapEff:{inForce} CapBnd:{bound} CapAmb:{None} NoNewPrivs:{(name.StartsWith("contained", StringComparison.Ordinal) ? 1 : 0)}";
            Assert.Equal((name, expected), (name, Words(await LogAsync(name))));
            Assert.Equal((name, expected), (name, Words(await ShAsync(name, "grep -E '^Cap|^NoNewPrivs' /proc/self/status"))));
            await _insula.DeletePodAsync(name);
        }
    }

    [Theory]
    [InlineData(true, "0", Default)]
    [InlineData(false, "1000", None)]
    public async Task A_set_user_id_program_gives_privileges_only_where_they_may_grow(bool mayGrow, string user, string capabilities)
    {
        var mounts = new[] { new { name = "shared", mountPath = "/shared" } };
        var pod = mayGrow ? "grows" : "stays";
        await _insula.ApplyAsync(Manifests.Pod(
            pod, "",
            spec: new
            {
                volumes = new[] { new { name = "shared", emptyDir = new { } } },
                containers = new object[]
                {
                    new { name = "root", image = "intruder", command = new[] { "sh", "-c", $"cp $(which intruder) /shared/id && chmod 4755 /shared/id && touch /shared/done; {Manifests.Forever}" }, volumeMounts = mounts },
                    new { name = "user", image = "intruder", command = new[] { "sh", "-c", Manifests.Forever }, volumeMounts = mounts, securityContext = new { runAsUser = 1000, allowPrivilegeEscalation = mayGrow } },
                },
            }));
        await _insula.WaitForReadyAsync(pod);
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", pod, "-c", "root", "--", "test", "-e", "/shared/done")).ExitCode == 0, "the program is there");
        var status = (await _insula.CliAsync("exec", pod, "-c", "user", "--", "/shared/id", "status")).Succeeded().Split('\n');
        Assert.Equal($"Uid:1000{user}{user}{user}", string.Concat(status.Single(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')));
        Assert.Equal(capabilities, status.Single(l => l.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1]);
        await _insula.DeletePodAsync(pod);
    }

    [Fact]
    public async Task Every_group_may_ping_and_none_may_forge_packets()
    {
        (string Name, object? Context, bool HostUsers, string Groups)[] cases =
            [("ping", null, true, "0 2147483647"), ("ping-user", new { runAsUser = 1000, runAsGroup = 1000 }, true, "0 2147483647"), ("ping-inside", null, false, "0 65535")];
        foreach (var (name, context, hostUsers, groups) in cases)
        {
            await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, container: new { image = "intruder", securityContext = context }, spec: new { hostUsers }));
            await _insula.WaitForReadyAsync(name);
            Assert.Equal(groups, await ShAsync(name, "echo $(cat /proc/sys/net/ipv4/ping_group_range)"));
            var attempts = Intruder.Read(await ShAsync(name, "intruder attempts")).ToDictionary(a => a.Name, a => a.Result);
            Assert.Equal("ok", attempts["socket AF_INET SOCK_DGRAM ICMP"]);
            Assert.Equal(("EPERM", "EPERM"), (attempts["socket AF_INET SOCK_RAW"], attempts["socket AF_PACKET SOCK_RAW"]));
            await _insula.DeletePodAsync(name);
        }
    }

    [Fact]
    public async Task An_unmasked_proc_needs_a_user_namespace_and_has_no_covers()
    {
        string Pod(bool hostUsers) => Manifests.Pod("unmasked", Manifests.Forever, container: new { securityContext = new { procMount = "Unmasked" } }, spec: new { hostUsers });
        Assert.Contains(
            "spec.containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`",
            (await _insula.CliWithInputAsync(Pod(hostUsers: true), "apply", "-f", "-")).Failed(), StringComparison.Ordinal);

        await _insula.ApplyAsync(Pod(hostUsers: false));
        await _insula.WaitForReadyAsync("unmasked");
        Assert.Equal("/proc", await ShAsync("unmasked", "awk '$2 ~ \"^/proc\" { print $2 }' /proc/mounts | sort -u"));
        Assert.NotEqual("0", await ShAsync("unmasked", "wc -l < /proc/interrupts"));

        // What the kernel keeps to root of the machine it keeps to it without covers, too.
        foreach (var command in (string[])["head -c 1 /proc/kcore", "echo h > /proc/sysrq-trigger", "echo 1 > /proc/sys/vm/swappiness", "echo x > /proc/sys/kernel/core_pattern"])
        {
            Assert.True((await _insula.CliAsync("exec", "unmasked", "--", "sh", "-c", command)).ExitCode != 0, command);
        }

        await _insula.DeletePodAsync("unmasked");
    }

    [Fact]
    public async Task Resource_limits_are_the_daemon_s_to_say()
    {
        const string Show = "ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc";
        await _insula.ApplyAsync(Manifests.Pod("limits", $"{Show}; {Manifests.Forever}"));
        await _insula.WaitForReadyAsync("limits");
        Assert.Equal("1000 2000 0 0", Words(await LogAsync("limits")));
        Assert.Equal("1000 2000 0 0", Words(await ShAsync("limits", Show)));
        await _insula.DeletePodAsync("limits");
    }

    [Fact]
    public async Task The_operator_chooses_what_containers_can_do_of_themselves()
    {
        await using var insula = await Instance.StartAsync("default-capabilities: CHOWN,NET_RAW\nresource-limits: \"\"\n", "busybox");
        await insula.ApplyAsync(Manifests.Pod("chosen", Manifests.Forever, container: new { securityContext = new { capabilities = new { add = new[] { "KILL" }, drop = new[] { "CHOWN" } } } }));
        await insula.ApplyAsync(Manifests.Pod("plain", Manifests.Forever));
        var chosen = Processes.MainOf(insula, await insula.WaitForReadyAsync("chosen"), "main");
        var plain = Processes.MainOf(insula, await insula.WaitForReadyAsync("plain"), "main");
        Assert.Equal(1UL << 13 | 1 << 5, ulong.Parse(Processes.Status(chosen, "CapBnd"), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(1UL << 13 | 1, ulong.Parse(Processes.Status(plain, "CapBnd"), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(Limits(insula.DaemonPid), Limits(plain));
        await insula.DeletePodAsync("chosen");
        await insula.DeletePodAsync("plain");

        // Of open files .NET itself raises the soft limit, and hands on the hard one.
        static string[] Limits(int pid) => [.. File.ReadLines($"/proc/{pid}/limits").Where(l => !l.StartsWith("Max open files", StringComparison.Ordinal))];
    }

    private static string Words(string lines) => string.Join(' ', lines.Replace(":\t", ":", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private Task<string> LogAsync(string pod) =>
        Eventually.GetAsync(async () => (await _insula.CliAsync("logs", pod)).Succeeded(), log => log.Length > 0, $"{pod} has written");

    private async Task<string> ShAsync(string pod, string command) =>
        (await _insula.CliAsync("exec", pod, "--", "sh", "-c", command)).Succeeded().Trim();

    /// <summary>A daemon with limits of its own.</summary>
    public sealed class Fixture : InstanceFixture
    {
        protected override string Config => "resource-limits: nofile=1000:2000,core=0\n";

        protected override string[] Images => ["busybox", "intruder"];
    }
}

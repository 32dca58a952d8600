using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Limits;

/// <summary>
/// A host whose cgroups are all v1, since nobody has mounted the cgroup2 hierarchy. The kernel offers each controller to v1 or to v2: where
/// the machine has all in cgroup2 it cannot be made to look like that, and the same must hold of it as it is.
/// </summary>
public sealed class LegacyCgroupTests(LegacyCgroupTests.Fixture fixture) : IClassFixture<LegacyCgroupTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Devices_outside_the_list_cannot_be_opened()
    {
        await _insula.ApplyAsync(Manifests.Pod("devices", Manifests.Forever, container: new { securityContext = new { capabilities = new { add = new[] { "MKNOD" } } } }));
        await _insula.WaitForReadyAsync("devices");
        var made = await _insula.CliAsync("exec", "devices", "--", "sh", "-c", "mknod /tmp/mem c 1 1 && cat /tmp/mem");
        made.Failed();
        Assert.Contains("Operation not permitted", made.Error, StringComparison.Ordinal);
        (await _insula.CliAsync("exec", "devices", "--", "sh", "-c", "head -c 1 /dev/zero > /dev/null && mknod /tmp/null c 1 3 && echo x > /tmp/null")).Succeeded();

        await _insula.ApplyAsync(Manifests.Pod("trusted", Manifests.Forever, container: new { securityContext = new { privileged = true } }));
        await _insula.WaitForReadyAsync("trusted");
        (await _insula.CliAsync("exec", "trusted", "--", "sh", "-c", "mknod /tmp/kmsg c 1 11 && : < /tmp/kmsg")).Succeeded();
        await _insula.DeletePodAsync("devices");
        await _insula.DeletePodAsync("trusted");
    }

    [Fact]
    public async Task A_container_is_limited_and_ended_whole()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "limited", "setsid sleep 1000 & setsid sleep 1000 & " + Manifests.Forever,
            container: new { resources = new { limits = new { cpu = "500m", memory = "32Mi" } } }));
        var pod = await _insula.WaitForReadyAsync("limited");
        await Eventually.TrueAsync(() => Processes.Of(_insula, pod, "main").Count >= 4, "all its processes run");
        var stats = await _insula.Api.GetAsync("/apis/insula.dev/v1/namespaces/default/podstats/limited");
        var container = Assert.Single(stats["containers"]!.AsArray())!;
        Assert.Equal((500_000_000, 32 << 20), ((long)container["cpu"]!["limitNanoCores"]!, (long)container["memory"]!["limitBytes"]!));
        Assert.True((long)container["cpu"]!["usageCoreNanoSeconds"]! > 0);

        await Processes.KillAsync(_insula, pod, "main");
        await _insula.WaitForPodAsync("limited", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted");
        await _insula.DeletePodAsync("limited");
    }

    [Fact]
    public void The_daemon_says_what_it_found() =>
        Assert.Contains(HasV1 ? "cgroups Legacy" : "cgroups Unified", _insula.DaemonLog, StringComparison.Ordinal);

    private static bool HasV1 { get; } =
        File.ReadLines("/proc/self/mountinfo").Any(line => line.Contains(" - cgroup ", StringComparison.Ordinal));

    public sealed class Fixture : InstanceFixture
    {
        protected override InstanceSetup Setup => new()
        {
            Config = Config,
            Mounts = !HasV1 ? "" : "for each in $(findmnt --noheadings --output TARGET --types cgroup2 --list | tac); do umount \"$each\"; done",
        };
    }
}

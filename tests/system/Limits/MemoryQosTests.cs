using System.Globalization;
using Insula.Linux;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Limits;

/// <summary>Memory is throttled and protected where cgroup2 controls it; elsewhere nothing is set, and the daemon says so.</summary>
public sealed class MemoryQosTests(MemoryQosTests.Fixture fixture) : IClassFixture<MemoryQosTests.Fixture>
{
    private const long Mi = 1 << 20;
    private readonly Instance _insula = fixture.Instance;

    private static bool IsUnified { get; } = File.Exists("/sys/fs/cgroup/cgroup.controllers")
        && File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split(' ', '\n').Contains("memory");

    [Fact]
    public async Task Requests_and_limits_of_memory_are_in_the_groups_and_follow_a_resize_and_the_pod_s_end()
    {
        await _insula.ApplyAsync(Pod("qos-burst", new { requests = new { memory = "16Mi" }, limits = new { memory = "64Mi" } }));
        await _insula.ApplyAsync(Pod("qos-sure", new { requests = new { memory = "32Mi", cpu = "10m" }, limits = new { memory = "32Mi", cpu = "10m" } }));
        await _insula.WaitForReadyAsync("qos-sure");
        var pod = await _insula.WaitForReadyAsync("qos-burst");
        if (!IsUnified)
        {
            Assert.Contains("memory is controlled by cgroup v1 on this machine", _insula.DaemonLog, StringComparison.Ordinal);
            await DeleteAsync();
            return;
        }

        var container = Processes.GroupOf(_insula, pod, "main", "memory")!;
        var own = Path.GetDirectoryName(container)!;
        Assert.Equal((Page(16 * Mi + (0.5 * 48 * Mi)), 0, 16 * Mi), (Read(container, "memory.high"), Read(container, "memory.min"), Read(container, "memory.low")));
        Assert.Equal(("max", 16 * Mi), (File.ReadAllText($"{own}/memory.high").Trim(), Read(own, "memory.low")));
        var pods = Path.GetDirectoryName(Path.GetDirectoryName(own))!;
        Assert.Equal((16 * Mi, 32 * Mi, 32 * Mi, 16 * Mi), (Read($"{pods}/burstable", "memory.low"), Read($"{pods}/guaranteed", "memory.min"), Read(pods, "memory.min"), Read(pods, "memory.low")));
        Assert.Contains("16Mi protected, throttled from 40Mi on", (await _insula.CliAsync("describe", "pod", "qos-burst")).Succeeded(), StringComparison.Ordinal);

        (await _insula.CliAsync("set", "resources", "pod/qos-burst", "--requests", "memory=32Mi", "--limits", "memory=96Mi")).Succeeded();
        await Eventually.TrueAsync(() => Read(container, "memory.high") == Page(32 * Mi + (0.5 * 64 * Mi)) && Read(own, "memory.low") == 32 * Mi && Read($"{pods}/burstable", "memory.low") == 32 * Mi, "the groups follow");
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        Assert.Equal(32 * Mi, Read($"{pods}/burstable", "memory.low"));
        pod = await _insula.WaitForPodAsync("qos-burst", p => Pods.IsReady(p) && Pods.Condition(p, "PodResizeInProgress") is null, "nothing of the change is left to do");
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        await DeleteAsync();
        await Eventually.TrueAsync(() => Read($"{pods}/burstable", "memory.low") == 0 && Read(pods, "memory.min") == 0, "nothing is protected any more");
    }

    [Theory]
    [InlineData("NoSwap", "0")]
    [InlineData("LimitedSwap", null)]
    public async Task Who_may_swap_is_limited_or_the_daemon_does_not_start(string behavior, string? pods)
    {
        if (!IsUnified)
        {
            var directory = Directory.CreateTempSubdirectory("insula-test-").FullName;
            var refused = await Commands.RunAsync(
                Repository.Program("insulad"), ["--root", $"{directory}/root", "--run", $"{directory}/run", "--swap-behavior", behavior]);
            Directory.Delete(directory, recursive: true);
            Assert.Contains($"cannot start: swap-behavior: {behavior} needs cgroup2", refused.Failed(), StringComparison.Ordinal);
            Assert.Empty(Leaks.Cgroups(InstanceTag.From($"{directory}/root", $"{directory}/run")));
            return;
        }

        await using var insula = await Instance.StartAsync($"swap-behavior: {behavior}\n", "busybox");
        await insula.ApplyAsync(Pod("swap", new { requests = new { memory = "16Mi" } }));
        var group = Processes.GroupOf(insula, await insula.WaitForReadyAsync("swap"), "main", "memory")!;
        var swap = Meminfo("SwapTotal:");
        var share = pods == "0" ? 0 : Page((double)(16 * Mi) / Meminfo("MemTotal:") * swap);
        Assert.Equal(share, Read(group, "memory.swap.max"));
        Assert.Equal(pods ?? "max", File.ReadAllText($"{Path.GetDirectoryName(group)}/memory.swap.max").Trim());
        await insula.DeletePodAsync("swap");
    }

    private static long Meminfo(string key) =>
        long.Parse(File.ReadLines("/proc/meminfo").First(l => l.StartsWith(key, StringComparison.Ordinal))[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;

    private async Task DeleteAsync()
    {
        await _insula.DeletePodAsync("qos-burst");
        await _insula.DeletePodAsync("qos-sure");
    }

    private static string Pod(string name, object resources) => Manifests.Pod(name, Manifests.Forever, container: new { resources });

    private static long Page(double bytes) => (long)(bytes / Environment.SystemPageSize) * Environment.SystemPageSize;

    private static long Read(string group, string file) => long.Parse(File.ReadAllText($"{group}/{file}"), CultureInfo.InvariantCulture);

    public sealed class Fixture : InstanceFixture
    {
        protected override string Config => base.Config + "\nmemory-throttling-factor: 0.5\nmemory-reservation-policy: TieredReservation\n";
    }
}

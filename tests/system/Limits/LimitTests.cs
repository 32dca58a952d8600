using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Limits;

/// <summary>What a manifest limits is limited by the kernel, and what goes over is told.</summary>
public sealed class LimitTests(LimitTests.Fixture fixture) : IClassFixture<LimitTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Limits_are_in_the_container_s_cgroup()
    {
        await _insula.ApplyAsync(Manifests.Pod("limited", Manifests.Forever, container: new
        {
            resources = new { requests = new { cpu = "250m", memory = "16Mi" }, limits = new { cpu = "500m", memory = "64Mi" } },
        }));
        var pod = await _insula.WaitForReadyAsync("limited");
        Assert.Equal("Burstable", (string?)pod["status"]!["qosClass"]);
        Assert.Equal("67108864", Read(pod, "memory", "memory.limit_in_bytes", "memory.max"));
        if (Directory.Exists("/sys/fs/cgroup/cpu"))
        {
            Assert.Equal("50000", Read(pod, "cpu", "cpu.cfs_quota_us", ""));
            Assert.Equal("100000", Read(pod, "cpu", "cpu.cfs_period_us", ""));
            Assert.Equal("256", Read(pod, "cpu", "cpu.shares", ""));
        }
        else
        {
            Assert.Equal("50000 100000", Read(pod, "cpu", "", "cpu.max"));
        }

        Assert.Contains("/burstable/", Processes.GroupOf(_insula, pod, "main", "memory"), StringComparison.Ordinal);
        await _insula.DeletePodAsync("limited");
    }

    [Fact]
    public async Task A_throttled_container_is_seen_to_be_so_from_inside_and_outside()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "busy", "while true; do :; done", container: new { resources = new { limits = new { cpu = "50m", memory = "32Mi" } } }));
        await _insula.ApplyAsync(Manifests.Pod("calm", Manifests.Forever, container: new { resources = new { limits = new { cpu = "2" }, requests = new { cpu = "50m" } } }));
        var pod = await _insula.WaitForReadyAsync("busy");
        await _insula.WaitForReadyAsync("calm");
        await Eventually.TrueAsync(
            () => Read(pod, "cpu", "cpu.stat", "cpu.stat").Split('\n')
                .Any(line => line.StartsWith("nr_throttled ", StringComparison.Ordinal) && int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture) >= 3),
            "the kernel counts how often it was held");
        var group = Directory.Exists("/sys/fs/cgroup/cpu") ? "/sys/fs/cgroup/cpu/cpu.stat" : "/sys/fs/cgroup/cpu.stat";
        Assert.Contains("nr_throttled", (await _insula.CliAsync("exec", "busy", "--", "cat", group)).Succeeded(), StringComparison.Ordinal);

        var busy = (await _insula.CliAsync("describe", "pod", "busy")).Succeeded();
        Assert.Matches(@"\n +CPU: +\d+m of 50m, throttled in \d+% of \d+ periods \([\d.]+ s\)\n +Memory: +\d+[KM]i of 32Mi\n +Processes: +1\n", busy);
        Assert.Matches(@"\nProcesses: +\d+ of 256\n", busy);
        Assert.Matches(@"\n +CPU: +\d+m of 2000m\n", (await _insula.CliAsync("describe", "pod", "calm")).Succeeded());
        Assert.Matches(
            @"^NAME +CPU\(cores\) +MEMORY\(bytes\)\nbusy +\d+m +\d+[KM]i\ncalm +\d+m +\d+[KM]i\n$", (await _insula.CliAsync("top", "pods", "--sort-by", "cpu")).Succeeded());
        Assert.Matches(
            @"\nbusy +main +\d+m +\d+[KM]i +50m +\d+% +32Mi +1 +0\n", (await _insula.CliAsync("top", "pods", "--containers", "-o", "wide")).Succeeded());

        var stats = await _insula.Api.GetAsync("/apis/insula.dev/v1/namespaces/default/podstats/busy?window=1s");
        var cpu = Assert.Single(stats["containers"]!.AsArray())!["cpu"]!;
        Assert.Equal(50_000_000, (long)cpu["limitNanoCores"]!);
        Assert.InRange((long)cpu["throttledPeriods"]!, 3, (long)cpu["periods"]!);
        Assert.InRange((long)cpu["usageNanoCores"]!, 1, 200_000_000);
        Assert.True((long)cpu["throttledNanoSeconds"]! > 0);
        await _insula.DeletePodAsync("busy");
        await _insula.DeletePodAsync("calm");
    }

    [Fact]
    public async Task A_container_over_its_ephemeral_storage_is_evicted_and_its_neighbour_is_not()
    {
        var limited = new { resources = new { limits = new Dictionary<string, string> { ["ephemeral-storage"] = "8Mi" } } };
        await _insula.ApplyAsync(Manifests.Pod("modest", "dd if=/dev/zero of=/tmp/f bs=1M count=4 2>/dev/null; " + Manifests.Forever, limited));
        await _insula.ApplyAsync(Manifests.Pod("writes", "dd if=/dev/zero of=/tmp/f bs=1M count=16 2>/dev/null; " + Manifests.Forever, limited));
        var pod = await _insula.WaitForPodAsync("writes", p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Equal("Evicted", (string?)pod["status"]!["reason"]);
        Assert.Contains("ephemeral", (string?)pod["status"]!["message"], StringComparison.Ordinal);
        Assert.True(Pods.IsReady(await _insula.WaitForReadyAsync("modest")));
        await _insula.DeletePodAsync("writes");
        await _insula.DeletePodAsync("modest");
    }

    [Fact]
    public async Task A_container_over_its_memory_is_OOMKilled()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "hungry", "x=a; while true; do x=$x$x; done",
            container: new { resources = new { limits = new { memory = "16Mi" } } }, spec: new { restartPolicy = "Never" }));
        var pod = await _insula.WaitForPodAsync("hungry", p => Pods.Phase(p) == "Failed", "Failed");
        var ended = Pods.Container(pod, "main")!["state"]!["terminated"]!;
        Assert.Equal("OOMKilled", (string?)ended["reason"]);
        Assert.Equal(137, (int)ended["exitCode"]!);
        await _insula.DeletePodAsync("hungry");
    }

    [Fact]
    public async Task A_fork_bomb_stays_inside()
    {
        // The first process forks once and stays: a shell that cannot fork ends, and with PID 1 would end the whole bomb.
        await _insula.ApplyAsync(Manifests.Pod("bomb", "(while true; do sleep 3600 & done) 2>/dev/null & trap '' TERM; exec sleep 3600"));
        await _insula.ApplyAsync(Manifests.Pod("neighbour", Manifests.Forever));
        var pod = await _insula.WaitForPodAsync("bomb", p => Pods.IsRunning(p, "main"), "running");
        await _insula.WaitForReadyAsync("neighbour");
        await Eventually.TrueAsync(() => Processes.Of(_insula, pod, "main").Count > 250, "the bomb grows to its limit");
        Assert.True(Processes.Of(_insula, pod, "main").Count <= 256);
        (await _insula.CliAsync("exec", "neighbour", "--", "true")).Succeeded();
        await _insula.DeletePodAsync("bomb");
        await _insula.DeletePodAsync("neighbour");
    }

    [Theory]
    [InlineData("""{"limits":{"cpu":"100m","memory":"16Mi"}}""", "Guaranteed", "-997")]
    [InlineData("""{"requests":{"memory":"16Mi"}}""", "Burstable", null)]
    [InlineData("""{}""", "BestEffort", "1000")]
    public async Task The_quality_of_service_follows_requests_and_limits(string resources, string qos, string? score)
    {
        var name = $"qos-{qos.ToLowerInvariant()}";
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, container: new
        {
            resources = System.Text.Json.JsonDocument.Parse(resources).RootElement,
        }));
        var pod = await _insula.WaitForReadyAsync(name);
        Assert.Equal(qos, (string?)pod["status"]!["qosClass"]);
        var actual = File.ReadAllText($"/proc/{Processes.MainOf(_insula, pod, "main")}/oom_score_adj").Trim();
        if (score == "1000" || (score is not null && CanLowerScores()))
        {
            Assert.Equal(score, actual);
        }

        await _insula.DeletePodAsync(name);
    }

    /// <summary>CAP_SYS_RESOURCE (bit 24) allows scores below the daemon's own; some hosts withhold it from root.</summary>
    private static bool CanLowerScores() =>
        ((ulong.Parse(Processes.Status(Environment.ProcessId, "CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> 24) & 1) == 1;

    private string Read(System.Text.Json.Nodes.JsonNode pod, string controller, string v1, string v2)
    {
        var group = Processes.GroupOf(_insula, pod, "main", controller);
        Assert.NotNull(group);
        var file = Path.Combine(group, v1);
        return File.ReadAllText(v1.Length > 0 && File.Exists(file) ? file : Path.Combine(group, v2)).Trim();
    }

    public sealed class Fixture : InstanceFixture
    {
        protected override string Config =>
            """
            pod-pids-limit: 256
            """;
    }
}

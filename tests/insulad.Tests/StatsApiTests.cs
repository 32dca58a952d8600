using System.Text.Json.Nodes;
using Insula.Linux.Cgroups;
using Insula.Pods.Stats;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class StatsApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task A_pod_shows_its_counters_and_limits()
    {
        var ns = await api.NamespaceAsync();
        await RunAsync(ns, "busy", TimeSpan.Zero, new CgroupStats
        {
            CpuUsageMicroseconds = 1_500_000,
            CpuLimitNanoCores = 50_000_000,
            CpuPeriods = 100,
            CpuThrottledPeriods = 92,
            CpuThrottledMicroseconds = 8_000_000,
            MemoryCurrent = 2000,
            MemoryWorkingSet = 1000,
            MemoryPeak = 3000,
            MemoryLimit = 4000,
            Pids = 2,
            PidsLimit = 16,
        });
        var (code, stats) = await api.SendAsync(Get, $"/apis/insula.dev/v1/namespaces/{ns}/podstats/busy");
        Assert.Equal((200, "PodStats", "insula.dev/v1"), (code, (string?)stats["kind"], (string?)stats["apiVersion"]));
        Assert.Equal(("busy", ns, "2026-01-02T03:04:05Z"), ((string?)stats["metadata"]!["name"], (string?)stats["metadata"]!["namespace"], (string?)stats["timestamp"]));
        const string counters =
            """
            "cpu":{"usageCoreNanoSeconds":1500000000,"limitNanoCores":50000000,"periods":100,"throttledPeriods":92,"throttledNanoSeconds":8000000000},
            """;
        AssertJson($$$"""{{{{counters}}}"memory":{"usageBytes":2000,"workingSetBytes":1000,"peakBytes":3000,"limitBytes":4000},"pids":{"current":2,"limit":16}}""", stats["pod"]);
        AssertJson(
            $$$"""[{"name":"main","startedAt":"2026-01-02T03:04:05Z",{{{counters}}}"memory":{"usageBytes":2000,"workingSetBytes":1000,"peakBytes":3000,"limitBytes":4000,"oomKills":7},"pids":{"current":2,"limit":16}}]""",
            stats["containers"]);
        Assert.Null(stats["window"]);
    }

    [Fact]
    public async Task A_window_brings_the_speed()
    {
        var ns = await api.NamespaceAsync();
        await RunAsync(ns, "busy", TimeSpan.FromMilliseconds(1500), new CgroupStats { CpuUsageMicroseconds = 1 });
        var (_, stats) = await api.SendAsync(Get, $"/apis/insula.dev/v1/namespaces/{ns}/podstats/busy?window=1500ms");
        Assert.Equal("1s500ms", (string?)stats["window"]);
        Assert.Equal(50_000_000, (long?)stats["containers"]![0]!["cpu"]!["usageNanoCores"]);
    }

    [Fact]
    public async Task Lists_take_the_selectors_of_pods()
    {
        var ns = await api.NamespaceAsync();
        await RunAsync(ns, "a", TimeSpan.Zero, new CgroupStats(), """{"app":"x"}""");
        await RunAsync(ns, "b", TimeSpan.Zero, new CgroupStats());
        var (code, list) = await api.SendAsync(Get, $"/apis/insula.dev/v1/namespaces/{ns}/podstats");
        Assert.Equal((200, "PodStatsList"), (code, (string?)list["kind"]));
        Assert.Equal(["a", "b"], list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!));
        (_, list) = await api.SendAsync(Get, $"/apis/insula.dev/v1/podstats?labelSelector=app%3Dx&fieldSelector=metadata.namespace%3D{ns}");
        Assert.Equal("x", (string?)Assert.Single(list["items"]!.AsArray())!["metadata"]!["labels"]!["app"]);
    }

    [Fact]
    public async Task A_pod_that_does_not_run_uses_nothing()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("waiting"));
        var (code, stats) = await api.SendAsync(Get, $"/apis/insula.dev/v1/namespaces/{ns}/podstats/waiting");
        Assert.Equal((200, 0, null), (code, stats["containers"]!.AsArray().Count, stats["pod"]));
    }

    [Theory]
    [InlineData("GET", "namespaces/default/podstats/missing", 404)]
    [InlineData("GET", "podstats/missing", 404)]
    [InlineData("GET", "namespaces/default/podstats/missing/more", 404)]
    [InlineData("DELETE", "namespaces/default/podstats/missing", 405)]
    [InlineData("GET", "podstats?window=11s", 400)]
    [InlineData("GET", "podstats?window=soon", 400)]
    [InlineData("GET", "podstats?labelSelector=%3D%3D", 400)]
    public async Task What_is_wrong_is_refused(string method, string path, int expected)
    {
        var (code, status) = await api.SendAsync(HttpMethod.Parse(method), $"/apis/insula.dev/v1/{path}");
        Assert.Equal((expected, "Status"), (code, (string?)status["kind"]));
    }

    [Fact]
    public async Task The_read_only_socket_shows_it()
    {
        using var list = await api.ReadOnlyClient.GetAsync("/apis/insula.dev/v1/podstats");
        Assert.Equal(200, (int)list.StatusCode);
    }

    private static void AssertJson(string expected, JsonNode? actual) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual?.ToJsonString());

    private async Task RunAsync(string ns, string name, TimeSpan window, CgroupStats counters, string labels = "{}")
    {
        var (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod(name, labels: labels));
        var uid = (string)pod["metadata"]!["uid"]!;
        var use = new ResourceUse(counters, window > TimeSpan.Zero ? 50_000_000 : null);
        api.Pods.Stats[(uid, window)] = new PodStats(uid, s_time, use, [new ContainerUse("main", s_time, use, 7)]);
    }
}

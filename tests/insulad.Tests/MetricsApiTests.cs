using Insula.Linux.Cgroups;
using Insula.Linux.Netlink;
using Insula.Pods.Lifecycle;
using Insula.Pods.Stats;
using Insula.Pods.Timing;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class MetricsApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Everything_is_shown_under_the_names_that_dashboards_know()
    {
        var ns = await api.NamespaceAsync();
        var (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
        var uid = (string)pod["metadata"]!["uid"]!;
        var use = new ResourceUse(
            new CgroupStats { CpuUsageMicroseconds = 1_500_000, MemoryWorkingSet = 1000, Disk = new DiskUse(1, 2, 3, 4), CpuPressure = new Pressure(2_000_000, 0) }, null);
        var tally = new ProbeTally("main", ProbeKind.Liveness);
        tally.Add(true, TimeSpan.FromMilliseconds(2));
        tally.Add(false, TimeSpan.FromSeconds(1));
        api.Pods.Stats[(uid, TimeSpan.Zero)] = new PodStats(
            uid, DateTimeOffset.UnixEpoch, use, [new ContainerUse("main", DateTimeOffset.UnixEpoch.AddSeconds(5), use, 7)],
            new LinkTraffic(new LinkCounters(10, 1, 0, 0), new LinkCounters(20, 2, 0, 0)), [tally]);
        api.Pods.Latencies["sandbox/network"] = new LatencyHistogram();
        api.Pods.Evictions.Add("memory.available");
        api.Pods.Latencies["sandbox/network"].Add(TimeSpan.FromMilliseconds(3));

        using var answer = await api.ReadOnlyClient.GetAsync("/metrics");
        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        foreach (var line in (string[])[
            $"container_cpu_usage_seconds_total{{namespace=\"{ns}\",pod=\"web\",container=\"main\"}} 1.5",
            $"container_memory_working_set_bytes{{namespace=\"{ns}\",pod=\"web\",container=\"\"}} 1000",
            $"container_fs_writes_bytes_total{{namespace=\"{ns}\",pod=\"web\",container=\"main\"}} 2",
            $"container_pressure_cpu_waiting_seconds_total{{namespace=\"{ns}\",pod=\"web\",container=\"main\"}} 2",
            $"container_oom_events_total{{namespace=\"{ns}\",pod=\"web\",container=\"main\"}} 7",
            $"container_start_time_seconds{{namespace=\"{ns}\",pod=\"web\",container=\"main\"}} 5",
            $"container_network_receive_bytes_total{{namespace=\"{ns}\",pod=\"web\",interface=\"eth0\"}} 10",
            $"container_network_transmit_packets_total{{namespace=\"{ns}\",pod=\"web\",interface=\"eth0\"}} 2",
            $"kube_pod_status_phase{{namespace=\"{ns}\",pod=\"web\",phase=\"Pending\"}} 1",
            $"kube_pod_status_ready{{namespace=\"{ns}\",pod=\"web\",condition=\"true\"}} 0",
            $"prober_probe_total{{namespace=\"{ns}\",pod=\"web\",container=\"main\",probe_type=\"Liveness\",result=\"failed\"}} 1",
            $"prober_probe_duration_seconds_count{{namespace=\"{ns}\",pod=\"web\",container=\"main\",probe_type=\"Liveness\"}} 2",
            "kubelet_evictions{eviction_signal=\"memory.available\"} 1",
            "insula_pod_step_duration_seconds_bucket{step=\"sandbox/network\",le=\"0.005\"} 1",
        ])
        {
            Assert.Contains(line, lines);
        }

        // What this kernel does not count, and a limit that is not set, has no sample.
        Assert.DoesNotContain(lines, line => line.StartsWith("container_spec_memory_limit_bytes{", StringComparison.Ordinal));

        // Each family once, with its samples behind it, as the format asks.
        var families = lines.Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).ToList();
        Assert.Equal(families.Distinct(), families);
        Assert.All(lines.Where(l => l.Length > 0 && l[0] != '#'), l => Assert.Contains(families, f => l.StartsWith(f, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Top_finds_the_metrics_API()
    {
        var ns = await api.NamespaceAsync();
        var (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
        var uid = (string)pod["metadata"]!["uid"]!;
        var use = new ResourceUse(new CgroupStats { MemoryWorkingSet = 2048 }, 50_000_000);
        api.Pods.Stats[(uid, TimeSpan.FromSeconds(1))] = new PodStats(uid, DateTimeOffset.UnixEpoch, use, [new ContainerUse("main", DateTimeOffset.UnixEpoch, use, 0)]);
        var (code, one) = await api.SendAsync(Get, $"/apis/metrics.k8s.io/v1beta1/namespaces/{ns}/pods/web");
        Assert.Equal((200, "PodMetrics", "metrics.k8s.io/v1beta1", "1s"), (code, (string?)one["kind"], (string?)one["apiVersion"], (string?)one["window"]));
        Assert.Equal(("50000000n", "2Ki"), ((string?)one["containers"]![0]!["usage"]!["cpu"], (string?)one["containers"]![0]!["usage"]!["memory"]));
        var (_, list) = await api.SendAsync(Get, $"/apis/metrics.k8s.io/v1beta1/namespaces/{ns}/pods");
        Assert.Equal(("PodMetricsList", 1), ((string?)list["kind"], list["items"]!.AsArray().Count));
        Assert.Equal(404, (await api.SendAsync(Get, $"/apis/metrics.k8s.io/v1beta1/namespaces/{ns}/pods/nobody")).Code);
        Assert.Equal(405, (await api.SendAsync(Delete, $"/apis/metrics.k8s.io/v1beta1/namespaces/{ns}/pods/web")).Code);
        Assert.Equal(404, (await api.SendAsync(Get, "/apis/metrics.k8s.io/v1beta1/nodes/another")).Code);
        var (_, nodes) = await api.SendAsync(Get, "/apis/metrics.k8s.io/v1beta1/nodes");
        Assert.EndsWith("n", (string?)Assert.Single(nodes["items"]!.AsArray())!["usage"]!["cpu"], StringComparison.Ordinal);
        var (_, groups) = await api.SendAsync(Get, "/apis/metrics.k8s.io/v1beta1");
        Assert.Equal(["nodes", "pods"], groups["resources"]!.AsArray().Select(r => (string?)r!["name"]));
    }

    [Fact]
    public async Task It_is_only_read()
    {
        var (code, _) = await api.SendAsync(Post, "/metrics", "{}");
        Assert.Equal(404, code);
    }
}

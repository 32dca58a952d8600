using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Metrics;

/// <summary>What <c>/metrics</c> tells is what the kernel has counted.</summary>
public sealed class MetricsTests
{
    private const string Door = "127.0.0.1:19083";

    [Fact]
    public async Task What_pods_use_is_told_by_every_door()
    {
        await using var insula = await Instance.StartAsync($"metrics-listen: {Door}\n", "busybox");
        await insula.ApplyAsync(Manifests.Pod("web", "head -c 3000000 /dev/zero > /dev/null; httpd -f -p 80 -h /etc", container: new
        {
            readinessProbe = new { httpGet = new { path = "/passwd", port = 80 }, periodSeconds = 1 },
            resources = new { limits = new { memory = "32Mi" } },
        }));
        var pod = await insula.WaitForReadyAsync("web");
        var text = await ReadAsync(insula);
        await Eventually.TrueAsync(async () => Value(text = await ReadAsync(insula), "prober_probe_total", "result=\"successful\"") >= 2, "probings are counted");
        Assert.True(Value(text, "prober_probe_duration_seconds_count", "probe_type=\"Readiness\"") >= 2);
        Assert.Equal(33554432, Value(text, "container_spec_memory_limit_bytes", "container=\"main\""));
        Assert.Equal(1, Value(text, "kube_pod_status_phase", "phase=\"Running\""));
        Assert.Equal(1, Value(text, "kube_pod_status_ready", "pod=\"web\""));
        Assert.InRange(Value(text, "container_cpu_usage_seconds_total", "container=\"main\""), 0.000001, 60);
        Assert.InRange(Value(text, "container_memory_working_set_bytes", "container=\"main\""), 1, 33554432);
        Assert.True(Value(text, "insula_pod_step_duration_seconds_count", "step=\"sandbox\"") >= 1);
        Assert.True(Value(text, "process_resident_memory_bytes") > 1_000_000);

        // What it sends is what its link has received.
        var address = (string)pod["status"]!["podIP"]!;
        var before = Value(text, "container_network_transmit_bytes_total", "pod=\"web\"");
        (await insula.InNetworkAsync("curl", "-sf", "--noproxy", "*", "-o", "/dev/null", $"http://{address}/passwd")).Succeeded();
        text = await ReadAsync(insula);
        Assert.True(Value(text, "container_network_transmit_bytes_total", "pod=\"web\"") > before);
        var counted = (await insula.CliAsync("exec", "web", "--", "cat", "/sys/class/net/eth0/statistics/tx_bytes")).Succeeded();
        Assert.InRange(double.Parse(counted, CultureInfo.InvariantCulture), before, double.PositiveInfinity);

        // Where cgroup2 is, somebody who has to wait for a processor is seen to.
        if (File.Exists($"{Processes.GroupOf(insula, pod, "main", "unified") ?? Processes.GroupOf(insula, pod, "main", "")}/cpu.pressure"))
        {
            Assert.True(Value(text, "container_pressure_cpu_waiting_seconds_total", "container=\"main\"") >= 0);
        }

        // The door shows nothing else, and a restart of the container goes on counting.
        Assert.Equal("404", (await insula.InNetworkAsync("curl", "-s", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}", $"http://{Door}/api/v1/pods")).Output);
        Assert.Equal("404", (await insula.InNetworkAsync("curl", "-s", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}", "-X", "DELETE", $"http://{Door}/api/v1/namespaces/default/pods/web")).Output);
        var probed = Value(text, "prober_probe_total", "result=\"successful\"");
        await Processes.KillAsync(insula, pod, "main");
        await insula.WaitForPodAsync("web", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "ready again");
        text = await ReadAsync(insula);
        Assert.Equal(1, Value(text, "kube_pod_container_status_restarts_total", "container=\"main\""));
        Assert.True(Value(text, "prober_probe_total", "result=\"successful\"") > probed);
        await insula.DeletePodAsync("web");
        Assert.DoesNotContain("pod=\"web\"", await ReadAsync(insula), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_door_that_cannot_be_opened_is_said_at_start()
    {
        await using var insula = await Instance.StartAsync("", "busybox");
        await insula.StopDaemonAsync();
        insula.Config = "metrics-listen: 192.0.2.1:9083\n";
        Assert.False(await insula.TryStartDaemonAsync());
        Assert.Contains("--metrics-listen 192.0.2.1:9083: ", insula.DaemonLog, StringComparison.Ordinal);
        Assert.Contains("choose another address or port", insula.DaemonLog, StringComparison.Ordinal);
        insula.Config = "";
        await insula.StartDaemonAsync();
    }

    [Fact]
    public async Task Many_who_hold_the_door_open_take_nothing_from_the_API()
    {
        await using var insula = await Instance.StartAsync($"metrics-listen: {Door}\n", "busybox");
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        var holders = new List<Socket>();
        try
        {
            for (var i = 0; i < 64; i++)
            {
                holders.Add(await host.SocketAsync());
            }

            Assert.Equal(16, (await Task.WhenAll(holders.Select(IsAnsweredAsync))).Count(answered => answered));
        }
        finally
        {
            holders.ForEach(h => h.Dispose());
        }

        (await insula.CliAsync("get", "pods")).Succeeded();
    }

    // Who is one too many is turned away at any of these steps; who has an answer keeps its place.
    private static async Task<bool> IsAnsweredAsync(Socket holder)
    {
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            await holder.ConnectAsync(IPEndPoint.Parse(Door), limit.Token);
            await holder.SendAsync("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), limit.Token);
            return await holder.ReceiveAsync(new byte[1], limit.Token) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<string> ReadAsync(Instance insula) => (await insula.InNetworkAsync("curl", "-sf", "--noproxy", "*", $"http://{Door}/metrics")).Succeeded();

    // Of the first sample of a family with such a label.
    private static double Value(string text, string family, string label = "")
    {
        var line = text.Split('\n').FirstOrDefault(l => (l.StartsWith($"{family}{{", StringComparison.Ordinal) || l.StartsWith($"{family} ", StringComparison.Ordinal))
            && l.Contains(label, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}

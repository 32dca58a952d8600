using System.Globalization;
using Insula.Linux.Processes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Workloads;

/// <summary>Many pods of one workload, all on the same port, come and go and leave nothing.</summary>
public sealed class ManyReplicasTests
{
    // `make test-full` takes as many as are promised.
    private static readonly int s_count = int.Parse(Environment.GetEnvironmentVariable("INSULA_REPLICAS") ?? "30", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Many_replicas_listen_on_one_port_scale_up_and_down_and_leave_nothing()
    {
        var patience = TimeSpan.FromMinutes(5);
        await using var insula = await Instance.StartAsync();
        await insula.ApplyAsync(Loads.Deployment("many", 1, Loads.Server("one"), container: new
        {
            ports = new[] { new { name = "http", containerPort = 8080 } },
            readinessProbe = new { tcpSocket = new { port = "http" } },
            resources = new { requests = new { cpu = "1m", memory = "1Mi" } },
        }));
        (await insula.CliAsync("expose", "deployment", "many", "--port", "80", "--target-port", "http")).Succeeded();
        await Loads.WaitForPodsAsync(insula, "many", 1);
        for (var round = 0; round < 2; round++)
        {
            (await insula.CliAsync("scale", "deployment", "many", "--replicas", $"{s_count}")).Succeeded();
            var pods = await Loads.WaitForPodsAsync(insula, "many", s_count, deadline: patience);

            // Each has its own address, and each answers at the same port.
            var addresses = pods.Select(p => (string)p["status"]!["podIP"]!).ToList();
            Assert.Equal(s_count, addresses.Distinct().Count());
            var network = $"/run/netns/{insula.NetworkNamespace}";
            Assert.EndsWith(" one\n", await Web.FetchAsync(network, $"http://{addresses[0]}:8080/"), StringComparison.Ordinal);
            Assert.EndsWith(" one\n", await Web.FetchAsync(network, $"http://{addresses[^1]}:8080/"), StringComparison.Ordinal);
            (await insula.CliAsync("scale", "deployment", "many", "--replicas", "1")).Succeeded();
            await Eventually.TrueAsync(async () => (await Loads.AllPodsAsync(insula, "many")).Count == 1, "one is left", patience);
        }

        var left = Assert.Single(await Loads.PodsAsync(insula, "many"));
        Assert.True(Pods.IsReady(left));
        Assert.Single(Leaks.Processes(insula), pid => ProcessStat.Read(pid)?.Name == "insula-shim");
        await Loads.DeleteAsync(insula, "deployment", "many");
        await Leaks.AssertNoPodIsLeftAsync(insula);
    }
}

using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Insula.SystemTests.Services;

namespace Insula.SystemTests.Cni;

/// <summary>The rest of Debian's plug-ins in one chain: routed links, limits, rules and settings.</summary>
public sealed class OtherPluginsTests(OtherPluginsTests.Fixture fixture) : IClassFixture<OtherPluginsTests.Fixture>
{
    private const string Serve = "mkdir -p /tmp/www; hostname > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_chain_of_all_of_them_does_what_it_says_and_gives_everything_back()
    {
        var limits = new Dictionary<string, string> { ["kubernetes.io/ingress-bandwidth"] = "8M", ["kubernetes.io/egress-bandwidth"] = "4M" };
        await _insula.ApplyAsync(Manifests.Pod(
            "all", Serve, null, new { terminationGracePeriodSeconds = 0 }, new { name = "all", annotations = limits, labels = new { app = "all" } }));
        var pod = await _insula.WaitForReadyAsync("all");
        Assert.StartsWith("10.202.", Pods.Address(pod), StringComparison.Ordinal);
        Assert.Equal("777", (await _insula.CliAsync("exec", "all", "--", "cat", "/proc/sys/net/core/somaxconn")).Succeeded().Trim());
        var shaping = (await _insula.InNetworkAsync("tc", "qdisc", "show")).Succeeded();
        Assert.Contains("rate 8Mbit", shaping, StringComparison.Ordinal);
        Assert.Contains("rate 4Mbit", shaping, StringComparison.Ordinal);
        Assert.Contains(Pods.Address(pod), (await _insula.InNetworkAsync("iptables-save", "-t", "filter")).Succeeded(), StringComparison.Ordinal);
        Assert.DoesNotContain("BandwidthNotLimited", (await _insula.CliAsync("events", "--for", "pod/all")).Output, StringComparison.Ordinal);

        // A Service leads to it, and it finds it to be what it was when the daemon comes back: CHECK of all plug-ins.
        await _insula.ApplyAsync(Services.Services.Manifest("all", "all", null, new { port = 80, targetPort = 8080 }));
        var address = (string)(await Services.Services.GetAsync(_insula, "all"))["spec"]!["clusterIP"]!;
        await Services.Services.WaitForEndpointsAsync(_insula, "all", $"{Pods.Address(pod)}:8080");
        using (var space = TestNamespace.Open($"/proc/{Processes.MainOf(_insula, pod, "main")}/ns/net"))
        {
            Assert.Equal("all\n", await FetchAsync(space, $"http://{address}/"));
        }

        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("describe", "node")).Output.Contains("NetworkPluginReady", StringComparison.Ordinal), "the network takes pods");
        Assert.DoesNotContain("NetworkCheckFailed", (await _insula.CliAsync("events", "--for", "pod/all")).Output, StringComparison.Ordinal);
        await _insula.DeletePodAsync("all");
        Assert.Empty(fixture.Plugins.Reserved("routed"));
        Assert.DoesNotContain(Pods.Address(pod), (await _insula.InNetworkAsync("iptables-save")).Succeeded(), StringComparison.Ordinal);
        await Leaks.AssertNoPodIsLeftAsync(_insula);
    }

    private static Task<string> FetchAsync(TestNamespace from, string url) => Eventually.GetAsync(
        () => from.ShAsync($"curl -s -m 3 {url} || true"), text => text.Length > 0, $"{url} answers");

    /// <summary>A daemon with this chain.</summary>
    public sealed class Fixture : CniFixture
    {
        private const string Chain =
            """
            {"cniVersion": "1.0.0", "name": "routed", "plugins": [
              {"type": "ptp", "ipMasq": true, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.202.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
              {"type": "portmap", "capabilities": {"portMappings": true}},
              {"type": "bandwidth", "capabilities": {"bandwidth": true}},
              {"type": "firewall", "backend": "iptables"},
              {"type": "tuning", "sysctl": {"net.core.somaxconn": "777"}}]}
            """;

        protected override string List() => Local(JsonNode.Parse(Chain)!);
    }
}

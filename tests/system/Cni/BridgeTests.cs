using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Insula.SystemTests.Services;

namespace Insula.SystemTests.Cni;

/// <summary>Pods on the network of the example, made by Debian's plug-ins: what of the daemon's own works there, and what is given back.</summary>
public sealed class BridgeTests(CniFixture fixture) : IClassFixture<CniFixture>
{
    private const string Serve = "mkdir -p /tmp/www; hostname > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www";
    private const string BridgeRules = "/proc/sys/net/bridge/bridge-nf-call-iptables";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Pods_get_addresses_of_the_list_and_reach_each_other_Services_and_names()
    {
        await ServeAsync("here", new { labels = new { app = "web" } });
        await ServeAsync("there", new { labels = new { app = "web" } });
        var (here, there) = (await AddressAsync("here"), await AddressAsync("there"));
        Assert.StartsWith("10.200.", here, StringComparison.Ordinal);
        Assert.NotEqual(here, there);
        await _insula.ApplyAsync(Services.Services.Manifest("web", "web", new { type = "NodePort" }, new { port = 80, targetPort = 8080 }));
        var service = await Services.Services.GetAsync(_insula, "web");
        var address = (string)service["spec"]!["clusterIP"]!;
        var nodePort = (int)service["spec"]!["ports"]![0]!["nodePort"]!;
        await Services.Services.WaitForEndpointsAsync(_insula, "web", $"{here}:8080", $"{there}:8080");

        await AnswersAsync("here", $"http://{there}:8080/", "there");
        foreach (var seen in (string[])["1", "0"])
        {
            // Whether or not what crosses a bridge is shown to the host's rules.
            await fixture.Host.ShAsync($"! [ -e {BridgeRules} ] || echo {seen} > {BridgeRules}");

            // Also when it is led to itself, or to its neighbour on the bridge.
            await AnswersAsync("here", $"http://{address}/", "here");
            await AnswersAsync("here", $"http://{address}/", "there");
        }

        Assert.Contains($"Address: {address}\n", (await _insula.CliAsync("exec", "here", "--", "nslookup", "web.default.svc.cluster.local")).Output, StringComparison.Ordinal);

        Assert.Matches("^(here|there)\n$", await FetchAsync(fixture.Host, $"http://{address}/"));
        Assert.Matches("^(here|there)\n$", await FetchAsync(fixture.Outside, $"http://{OutsideFixture.HostAddress}:{nodePort}/"));
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, address, 80, NamedServer.Silence));
        Assert.Equal(2, fixture.Plugins.Reserved("pods").Count);

        // A killed daemon interrupts nothing, and the next one knows all.
        await _insula.KillDaemonAsync();
        Assert.Matches("^(here|there)\n$", await FetchAsync(fixture.Outside, $"http://{OutsideFixture.HostAddress}:{nodePort}/"));
        await _insula.StartDaemonAsync();
        Assert.Equal(here, await AddressAsync("here"));
        Assert.Equal(0, Pods.Restarts((await _insula.Api.FindPodAsync("here"))!, "main"));
        await AnswersAsync("here", $"http://{address}/", "there");
        (await _insula.CliAsync("delete", "service", "web")).Succeeded();
        await _insula.DeletePodAsync("here");
        await _insula.DeletePodAsync("there");
        Assert.Empty(fixture.Plugins.Reserved("pods"));
    }

    [Fact]
    public async Task A_host_port_leads_to_its_pod_by_the_plug_in()
    {
        await ServeAsync("door", null, new { ports = new[] { new { containerPort = 8080, hostPort = 9080 } } });
        Assert.Contains("CNI-HOSTPORT-DNAT", (await _insula.InNetworkAsync("iptables-save", "-t", "nat")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal("door\n", await FetchAsync(fixture.Outside, $"http://{OutsideFixture.HostAddress}:9080/"));
        await _insula.DeletePodAsync("door");
        Assert.DoesNotContain("9080", (await _insula.InNetworkAsync("iptables-save", "-t", "nat")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Outside, $"{OutsideFixture.HostAddress}", 9080));
    }

    [Fact]
    public async Task What_nobody_would_keep_is_refused()
    {
        var policy = await _insula.CliWithInputAsync(
            """{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"none"},"spec":{"podSelector":{}}}""", "apply", "-f", "-");
        Assert.NotEqual(0, policy.ExitCode);
        Assert.Contains("CNI network", policy.Error, StringComparison.Ordinal);
        await ServeAsync("wide", new { annotations = new Dictionary<string, string> { ["kubernetes.io/ingress-bandwidth"] = "10M" } });
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("events", "--for", "pod/wide")).Output.Contains("BandwidthNotLimited", StringComparison.Ordinal), "it is told that nobody limits");
        await _insula.DeletePodAsync("wide");
    }

    private async Task ServeAsync(string name, object? metadata, object? container = null)
    {
        await _insula.ApplyAsync(Manifests.Pod(name, Serve, container, new { terminationGracePeriodSeconds = 0 }, Named(name, metadata)));
        await _insula.WaitForReadyAsync(name);
    }

    private static JsonObject Named(string name, object? metadata)
    {
        var all = metadata is null ? [] : JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(metadata))!.AsObject();
        all["name"] = name;
        return all;
    }

    private async Task<string> AddressAsync(string pod) => Pods.Address((await _insula.Api.FindPodAsync(pod))!);

    private async Task AnswersAsync(string pod, string url, string answer)
    {
        using var space = TestNamespace.Open($"/proc/{Processes.MainOf(_insula, (await _insula.Api.FindPodAsync(pod))!, "main")}/ns/net");
        await Eventually.TrueAsync(async () => await FetchAsync(space, url) == $"{answer}\n", $"{pod} hears {answer} at {url}");
    }

    private static Task<string> FetchAsync(TestNamespace from, string url) => Eventually.GetAsync(
        () => from.ShAsync($"curl -s -m 3 {url} || true"), text => text.Length > 0, $"{url} answers");
}

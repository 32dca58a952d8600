using Insula.SystemTests.Harness;
using Insula.SystemTests.Services;

namespace Insula.SystemTests.Network;

/// <summary>A firewall is loaded anew and takes everybody's rules with it: pods are as they were, and an event says who it was.</summary>
public sealed class TamperingTests(OutsideFixture fixture) : IClassFixture<OutsideFixture>
{
    private readonly Instance _insula = fixture.Instance;
    private string _service = "";

    [Fact]
    public async Task A_flush_is_undone_with_Services_host_ports_and_policies_and_told()
    {
        await ServerAsync("open", 8082);
        await ServerAsync("kept", 8083);
        await ServerAsync("client", null);
        await _insula.ApplyAsync(Services.Services.Manifest("open", "open", new { type = "NodePort" }, new { port = 80, targetPort = 8080, nodePort = 30190 }));
        await _insula.ApplyAsync("""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"kept"},"spec":{"podSelector":{"matchLabels":{"app":"kept"}}}}""");
        _service = (string)(await Services.Services.GetAsync(_insula, "open"))["spec"]!["clusterIP"]!;
        var kept = Pods.Address((await _insula.Api.FindPodAsync("kept"))!);
        await Eventually.GetAsync(() => AskAsync($"http://{_service}:80/"), answer => answer == "open\n", "the Service leads to the pod");
        await Eventually.TrueAsync(async () => await AskAsync($"http://{kept}:8080/") != "kept\n", "the policy keeps others out");
        await AssertAsync(kept);
        for (var i = 0; i < 3; i++)
        {
            (await _insula.InNetworkAsync("nft", "flush", "ruleset")).Succeeded();
            await Eventually.TrueAsync(
                async () => (await _insula.InNetworkAsync("nft", "list", "ruleset")).Output is var tables
                    && tables.Contains("policy_in_", StringComparison.Ordinal) && tables.Contains("30190", StringComparison.Ordinal) && !tables.Contains("closed_", StringComparison.Ordinal),
                "the table is whole again");
            await AssertAsync(kept);
        }

        await Eventually.GetAsync(
            async () => (await _insula.CliAsync("get", "events")).Output,
            text => text.Contains("FirewallTampered", StringComparison.Ordinal) && text.Contains("nft (process ", StringComparison.Ordinal) && text.Contains("deleted the nftables table", StringComparison.Ordinal),
            "an event says what happened");
        foreach (var name in (string[])["open", "kept", "client"])
        {
            Assert.True(Pods.IsReady((await _insula.Api.FindPodAsync(name))!), $"{name} is ready");
        }
    }

    private async Task AssertAsync(string kept)
    {
        Assert.Equal("open\n", await AskAsync($"http://{_service}:80/"));
        Assert.NotEqual("kept\n", await AskAsync($"http://{kept}:8080/"));
        Assert.Equal("open\n", await Web.FetchAsync(fixture.Outside.Path, $"http://{OutsideFixture.HostAddress}:30190/"));
        Assert.Equal("open\n", await Web.FetchAsync(fixture.Outside.Path, $"http://{OutsideFixture.HostAddress}:8082/"));
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, OutsideFixture.HostAddress.ToString(), 8083, NamedServer.Silence));
    }

    private async Task<string> AskAsync(string url) =>
        await _insula.CliAsync("exec", "client", "--", "wget", "-q", "-O", "-", url) is var answer && answer.ExitCode == 0 ? answer.Output : "nothing";

    private async Task ServerAsync(string name, int? hostPort)
    {
        await _insula.ApplyAsync(Manifests.Pod(
            name, $"mkdir /www; echo {name} > /www/index.html; httpd -p 8080 -h /www; {Manifests.Forever}", metadata: new { labels = new { app = name } }, container: new
            {
                ports = new[] { new { name = "http", containerPort = 8080, hostPort = hostPort ?? 0 } },
                readinessProbe = new { tcpSocket = new { port = 8080 }, periodMilliseconds = 100 },
            }, spec: new { terminationGracePeriodSeconds = 0 }));
        await _insula.WaitForReadyAsync(name);
    }
}

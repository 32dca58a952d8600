using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Services;

/// <summary>Services as objects: their addresses, and endpoints that follow real pods.</summary>
public sealed class EndpointsTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Endpoints_follow_readiness_and_a_new_daemon_writes_nothing()
    {
        await _insula.ApplyAsync(Services.Manifest("follow", "follow", null, new { port = 80, targetPort = "http" }));
        await Services.WaitForEndpointsAsync(_insula, "follow");
        var one = await PodAsync("follow-one");
        await Services.WaitForEndpointsAsync(_insula, "follow");
        (await _insula.CliAsync("exec", "follow-one", "--", "touch", "/tmp/ready")).Succeeded();
        await Services.WaitForEndpointsAsync(_insula, "follow", $"{one}:8080");
        var two = await PodAsync("follow-two");
        (await _insula.CliAsync("exec", "follow-two", "--", "touch", "/tmp/ready")).Succeeded();
        await Services.WaitForEndpointsAsync(_insula, "follow", $"{one}:8080", $"{two}:8080");
        (await _insula.CliAsync("exec", "follow-one", "--", "rm", "/tmp/ready")).Succeeded();
        await Services.WaitForEndpointsAsync(_insula, "follow", $"{two}:8080");

        // The next daemon finds everything as it should be.
        var before = await VersionsAsync();
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        (await _insula.CliAsync("exec", "follow-one", "--", "touch", "/tmp/ready")).Succeeded();
        await Services.WaitForEndpointsAsync(_insula, "follow", $"{one}:8080", $"{two}:8080");
        (await _insula.CliAsync("exec", "follow-one", "--", "rm", "/tmp/ready")).Succeeded();
        await Services.WaitForEndpointsAsync(_insula, "follow", $"{two}:8080");
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        var settled = await VersionsAsync();
        Assert.NotEqual(before, settled);
        await _insula.ApplyAsync(Services.Manifest("later", "follow", null, new { port = 80, targetPort = "http" }));
        await Services.WaitForEndpointsAsync(_insula, "later", $"{two}:8080");
        Assert.Equal(settled, await VersionsAsync());

        var described = (await _insula.CliAsync("describe", "service", "follow")).Succeeded();
        Assert.Matches($@"Endpoints:\s+{two}:8080", described);
        await _insula.DeletePodAsync("follow-two");
        await Services.WaitForEndpointsAsync(_insula, "follow");
        await _insula.DeletePodAsync("follow-one");
        (await _insula.CliAsync("delete", "service", "follow", "later")).Succeeded();
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("get", "endpoints,endpointslices", "-o", "name")).Succeeded().Trim().Length == 0, "nothing of the Services is left");
    }

    [Fact]
    public async Task A_range_that_the_host_routes_is_refused_with_the_route()
    {
        await _insula.StopDaemonAsync();
        var config = _insula.Config;
        (await _insula.InNetworkAsync("ip", "route", "add", "10.77.3.0/24", "dev", "lo")).Succeeded();
        _insula.Config = $"{config}\nservice-range: 10.77.0.0/16\n";
        Assert.False(await _insula.TryStartDaemonAsync());
        Assert.Contains("the service range 10.77.0.0/16 overlaps with 10.77.3.0/24, which this host routes already (on link lo): configure another service-range", _insula.DaemonLog, StringComparison.Ordinal);
        (await _insula.InNetworkAsync("ip", "route", "del", "10.77.3.0/24", "dev", "lo")).Succeeded();
        await _insula.StartDaemonAsync();
        await _insula.ApplyAsync(Services.Manifest("ranged", null, new { clusterIP = "10.77.9.9" }, new { port = 80 }));

        // Services keep their addresses: their range is taken though none is configured.
        await _insula.StopDaemonAsync();
        _insula.Config = config;
        await _insula.StartDaemonAsync();
        Assert.Equal("10.77.9.9", (string?)(await Services.GetAsync(_insula, "ranged"))["spec"]!["clusterIP"]);
        Assert.Contains("local 10.77.0.0/16 dev lo", (await _insula.InNetworkAsync("ip", "route", "show", "table", "all", "type", "local")).Succeeded(), StringComparison.Ordinal);
        await _insula.ApplyAsync(Services.Manifest("same", null, null, new { port = 80 }));
        Assert.StartsWith("10.77.", (string?)(await Services.GetAsync(_insula, "same"))["spec"]!["clusterIP"], StringComparison.Ordinal);
        (await _insula.CliAsync("delete", "service", "ranged", "same")).Succeeded();
    }

    [Fact]
    public async Task What_a_Service_may_say_is_told_before_and_after()
    {
        Assert.Contains("spec.ports[0].nodePort", await RefusalAsync("create", """{"type":"NodePort","ports":[{"port":80,"nodePort":80}]}"""), StringComparison.Ordinal);
        Assert.Contains("spec.externalIPs", await RefusalAsync("validate", """{"externalIPs":["192.0.2.9"],"ports":[{"port":80}]}"""), StringComparison.Ordinal);
        Assert.Contains("FIELD: targetPort <IntOrString>", (await _insula.CliAsync("explain", "service.spec.ports.targetPort")).Succeeded(), StringComparison.Ordinal);
    }

    private async Task<string> RefusalAsync(string verb, string spec)
    {
        var file = Path.Combine(_insula.Base, "refused.json");
        await File.WriteAllTextAsync(file, $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"refused"},"spec":{{{spec}}}}""");
        var result = await _insula.CliAsync(verb, "-f", file);
        Assert.NotEqual(0, result.ExitCode);
        return result.Error;
    }

    private async Task<string> PodAsync(string name)
    {
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, metadata: new { labels = new { app = "follow" } }, container: new
        {
            ports = new[] { new { name = "http", containerPort = 8080 } },
            readinessProbe = new { exec = new { command = new[] { "test", "-e", "/tmp/ready" } }, periodMilliseconds = 100 },
        }));
        return Pods.Address(await _insula.WaitForPodAsync(name, p => Pods.IsRunning(p, "main") && p["status"]?["podIP"] is not null, "runs"));
    }

    private async Task<string> VersionsAsync()
    {
        var objects = JsonNode.Parse((await _insula.CliAsync("get", "endpoints,endpointslices", "-o", "json")).Succeeded())!["items"]!.AsArray();
        return string.Join(' ', objects.Where(o => ((string)o!["metadata"]!["name"]!).StartsWith("follow", StringComparison.Ordinal))
            .Select(o => $"{o!["kind"]}/{o["metadata"]!["name"]}@{o["metadata"]!["resourceVersion"]}").Order());
    }
}

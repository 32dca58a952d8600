using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>Services of the real daemon with real pods: who reaches them, and what a killed daemon is to them.</summary>
public sealed class ServiceTrafficTests(OutsideFixture fixture) : IClassFixture<OutsideFixture>
{
    private const string HostAddress = "192.0.2.1";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_Service_leads_to_its_ready_pods_through_kill_and_restart()
    {
        await _insula.ApplyAsync(Services.Manifest("web", "web", new { type = "NodePort" }, new { port = 80, targetPort = "http" }));
        var service = await Services.GetAsync(_insula, "web");
        var address = (string)service["spec"]!["clusterIP"]!;
        var nodePort = (int)service["spec"]!["ports"]![0]!["nodePort"]!;
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Host, address, 80));
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Outside, HostAddress, nodePort));

        await ServerAsync("web-a", "web");
        await Services.WaitForEndpointsAsync(_insula, "web", $"{await AddressAsync("web-a")}:8080");
        Assert.Equal("web-a\n", await FetchAsync(fixture.Host, $"http://{address}/"));
        Assert.Equal("web-a\n", await FetchAsync(fixture.Outside, $"http://{HostAddress}:{nodePort}/"));
        using (var pod = await SpaceAsync("web-a"))
        {
            Assert.Equal("web-a\n", await FetchAsync(pod, $"http://{address}/"));
        }

        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, address, 80, NamedServer.Silence));

        await ServerAsync("web-b", "web");
        await Services.WaitForEndpointsAsync(_insula, "web", $"{await AddressAsync("web-a")}:8080", $"{await AddressAsync("web-b")}:8080");
        await Eventually.TrueAsync(async () => await FetchAsync(fixture.Host, $"http://{address}/") == "web-b\n", "the second pod is reached");

        // Connections go on while the daemon is killed, is away, and comes back.
        using var stop = new CancellationTokenSource();
        var asking = AskAlwaysAsync($"http://{address}/", stop.Token);
        for (var i = 0; i < 2; i++)
        {
            await _insula.KillDaemonAsync();
            Assert.Matches("^web-[ab]\n$", await FetchAsync(fixture.Outside, $"http://{HostAddress}:{nodePort}/"));
            await _insula.StartDaemonAsync();
        }

        await stop.CancelAsync();
        var (count, wrong) = await asking;
        Assert.Empty(wrong);
        Assert.InRange(count, 10, int.MaxValue);

        // One pod goes: nobody is led to it any more, and it is none's when it ends.
        await _insula.DeletePodAsync("web-a");
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal("web-b\n", await FetchAsync(fixture.Host, $"http://{address}/"));
        }

        (await _insula.CliAsync("delete", "service", "web")).Succeeded();
        await Eventually.TrueAsync(async () => await NamedServer.AskAsync(fixture.Host, address, 80) == "refused", "the Service is gone");
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Outside, HostAddress, nodePort));
        await _insula.DeletePodAsync("web-b");
    }

    [Fact]
    public async Task A_pod_that_ends_serves_until_another_is_ready()
    {
        await _insula.ApplyAsync(Services.Manifest("last", "last", null, new { port = 80, targetPort = 8080 }));
        var address = (string)(await Services.GetAsync(_insula, "last"))["spec"]!["clusterIP"]!;
        await ServerAsync("last-a", "last", stop: new { exec = new { command = new[] { "sh", "-c", "while [ ! -e /tmp/end ]; do sleep 0.1; done" } } });
        await Services.WaitForEndpointsAsync(_insula, "last", $"{await AddressAsync("last-a")}:8080");
        (await _insula.CliAsync("delete", "pod", "last-a", "--wait=false")).Succeeded();
        await Services.WaitForEndpointsAsync(_insula, "last");
        Assert.Equal("last-a\n", await FetchAsync(fixture.Host, $"http://{address}/"));
        await ServerAsync("last-b", "last");
        await Eventually.TrueAsync(async () => await FetchAsync(fixture.Host, $"http://{address}/") == "last-b\n", "the ready pod takes over");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("last-b\n", await FetchAsync(fixture.Host, $"http://{address}/"));
        }

        (await _insula.CliAsync("exec", "last-a", "--", "touch", "/tmp/end")).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("get", "pod", "last-a")).ExitCode != 0, "the pod is gone");
        await _insula.DeletePodAsync("last-b");
        (await _insula.CliAsync("delete", "service", "last")).Succeeded();
    }

    [Fact]
    public async Task A_host_port_is_one_pod_s_door_as_long_as_it_is_there()
    {
        await ServerAsync("door", "door", hostPort: 8081);
        await Eventually.TrueAsync(async () => await FetchAsync(fixture.Outside, $"http://{HostAddress}:8081/") == "door\n", "the host port leads to the pod");
        await _insula.ApplyAsync(Server("second", "door", null, 8081));
        var second = await _insula.WaitForPodAsync("second", p => Pods.Phase(p) == "Failed", "is rejected");
        Assert.Equal("NodePorts", (string?)second["status"]!["reason"]);
        Assert.Contains("the port 8081/TCP of this machine is taken by the pod default/door", (string?)second["status"]!["message"], StringComparison.Ordinal);
        await _insula.DeletePodAsync("second");
        await _insula.DeletePodAsync("door");
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Outside, HostAddress, 8081));
    }

    [Fact]
    public async Task A_node_port_and_a_host_port_are_never_the_same()
    {
        await ServerAsync("door", "door", hostPort: 30181);
        var file = Path.Combine(_insula.Base, "taken.json");
        await File.WriteAllTextAsync(file, Services.Manifest("taken", "door", new { type = "NodePort" }, new { port = 80, nodePort = 30181 }));
        var refused = await _insula.CliAsync("create", "-f", file);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("spec.ports[0].nodePort: Invalid value: 30181: provided port is already allocated: it is a host port of the pod default/door", refused.Error, StringComparison.Ordinal);
        await _insula.DeletePodAsync("door");
        await _insula.ApplyAsync(await File.ReadAllTextAsync(file));

        await _insula.ApplyAsync(Server("late", "door", null, 30181));
        var late = await _insula.WaitForPodAsync("late", p => Pods.Phase(p) == "Failed", "is rejected");
        Assert.Equal("NodePorts", (string?)late["status"]!["reason"]);
        Assert.Contains("the port 30181/TCP of this machine is taken by the Service default/taken as a node port", (string?)late["status"]!["message"], StringComparison.Ordinal);
        await _insula.DeletePodAsync("late");
        (await _insula.CliAsync("delete", "service", "taken")).Succeeded();
        await ServerAsync("late", "door", hostPort: 30181);
        await _insula.DeletePodAsync("late");
    }

    [Fact]
    public async Task Endpoints_made_by_hand_lead_out_of_the_machine()
    {
        await using var outside = await NamedServer.StartAsync(fixture.Outside, "outside", 9090);
        await _insula.ApplyAsync(Services.Manifest("out", null, null, new { port = 80 }));
        await _insula.ApplyAsync("""{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"out"},"subsets":[{"addresses":[{"ip":"192.0.2.2"}],"ports":[{"port":9090}]}]}""");
        var address = (string)(await Services.GetAsync(_insula, "out"))["spec"]!["clusterIP"]!;
        await Eventually.TrueAsync(async () => await NamedServer.AskAsync(fixture.Host, address, 80) == $"outside {HostAddress}", "the endpoint is reached");
        (await _insula.CliAsync("delete", "service", "out")).Succeeded();
        (await _insula.CliAsync("delete", "endpoints", "out")).Succeeded();
    }

    [Fact]
    public async Task Containers_know_the_Services_there_were_at_their_start()
    {
        await _insula.ApplyAsync(Services.Manifest("known", "known", null, new { port = 80 }));
        var address = (string)(await Services.GetAsync(_insula, "known"))["spec"]!["clusterIP"]!;
        await _insula.ApplyAsync(Manifests.Pod("knowing", Manifests.Forever));
        await _insula.ApplyAsync(Manifests.Pod("unknowing", Manifests.Forever, spec: new { enableServiceLinks = false }));
        await _insula.WaitForReadyAsync("knowing");
        await _insula.WaitForReadyAsync("unknowing");
        (await _insula.CliAsync("delete", "service", "known")).Succeeded();

        // Commands have what the container was started with, also those of another daemon.
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal($"{address} tcp://{address}:80\n", (await _insula.CliAsync("exec", "knowing", "--", "sh", "-c", "echo $KNOWN_SERVICE_HOST $KNOWN_PORT_80_TCP")).Succeeded());
            Assert.Equal("none\n", (await _insula.CliAsync("exec", "unknowing", "--", "sh", "-c", "echo ${KNOWN_SERVICE_HOST:-none}")).Succeeded());
            await _insula.KillDaemonAsync();
            await _insula.StartDaemonAsync();
        }

        await _insula.DeletePodAsync("knowing");
        await _insula.DeletePodAsync("unknowing");
    }

    [Fact]
    public async Task The_example_does_what_it_says()
    {
        (await _insula.CliAsync("apply", "-f", Path.Combine(Repository.Root, "examples", "service.yaml"))).Succeeded();
        await _insula.WaitForReadyAsync("web-a");
        await _insula.WaitForReadyAsync("web-b");
        var address = (string)(await Services.GetAsync(_insula, "web"))["spec"]!["clusterIP"]!;
        foreach (var pod in (string[])["web-a\n", "web-b\n"])
        {
            await Eventually.TrueAsync(async () => await FetchAsync(fixture.Host, $"http://{address}/") == pod, $"{pod} answers");
            await Eventually.TrueAsync(async () => await FetchAsync(fixture.Outside, $"http://{HostAddress}:30080/") == pod, $"{pod} answers outside");
        }

        (await _insula.CliAsync("delete", "-f", Path.Combine(Repository.Root, "examples", "service.yaml"))).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("get", "pods", "web-a", "web-b")).ExitCode != 0, "the pods are gone");
    }

    private static Task<string> FetchAsync(TestNamespace from, string url) => Web.FetchAsync(from.Path, url);

    private async Task<(int Count, List<string> Wrong)> AskAlwaysAsync(string url, CancellationToken stop)
    {
        var wrong = new List<string>();
        var count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            var answer = await FetchAsync(fixture.Host, url);
            if (answer is not ("web-a\n" or "web-b\n"))
            {
                wrong.Add(answer);
            }
        }

        return (count, wrong);
    }

    private async Task<TestNamespace> SpaceAsync(string pod) => TestNamespace.Open(
        $"/proc/{Processes.MainOf(_insula, JsonNode.Parse((await _insula.CliAsync("get", "pod", pod, "-o", "json")).Succeeded())!, "main")}/ns/net");

    private async Task<string> AddressAsync(string pod) => Pods.Address(JsonNode.Parse((await _insula.CliAsync("get", "pod", pod, "-o", "json")).Succeeded())!);

    private async Task ServerAsync(string name, string app, object? stop = null, int? hostPort = null)
    {
        await _insula.ApplyAsync(Server(name, app, stop, hostPort));
        await _insula.WaitForReadyAsync(name);
    }

    private static string Server(string name, string app, object? stop, int? hostPort) => Manifests.Pod(
        name, $"mkdir /www; echo {name} > /www/index.html; httpd -p 8080 -h /www; {Manifests.Forever}", metadata: new { labels = new { app } }, container: new
        {
            ports = new[] { new { name = "http", containerPort = 8080, hostPort = hostPort ?? 0 } },
            readinessProbe = new { tcpSocket = new { port = 8080 }, periodMilliseconds = 100 },
            lifecycle = stop is null ? null : new { preStop = stop },
        }, spec: new { terminationGracePeriodSeconds = (int)(60 * Eventually.Slowness) });
}

using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>Services of the type LoadBalancer at the machine's own address, reached from another namespace.</summary>
public sealed class LoadBalancerTests(OutsideFixture fixture) : IClassFixture<OutsideFixture>
{
    private const string HostAddress = "192.0.2.1";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task It_is_at_the_machine_s_address_until_it_is_deleted_and_through_a_killed_daemon()
    {
        var pod = await Balanced.ServerAsync(_insula, "front");
        await _insula.ApplyAsync(Services.Manifest("front", "front", new { type = "LoadBalancer", allocateLoadBalancerNodePorts = false }, new { port = 80, targetPort = 8080 }));
        var service = await Balanced.WaitForAsync(_insula, "front", HostAddress);
        Assert.Null(service["spec"]!["ports"]![0]!["nodePort"]);
        Assert.Equal(["service.kubernetes.io/load-balancer-cleanup"], service["metadata"]!["finalizers"]!.AsArray().Select(f => (string)f!));
        Assert.Equal("""[{"ip":"192.0.2.1","ipMode":"VIP","ports":[{"port":80,"protocol":"TCP"}]}]""", service["status"]!["loadBalancer"]!["ingress"]!.ToJsonString());
        await Eventually.TrueAsync(async () => await Balanced.AskAsync(fixture.Outside, HostAddress, 80) == "front 192.0.2.2", "it is reached from outside, which is seen");
        Assert.Equal($"front {HostAddress}", await Balanced.AskAsync(fixture.Host, HostAddress, 80));
        Assert.Contains(HostAddress, (await _insula.CliAsync("get", "svc", "front")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains($"LoadBalancer Ingress: {HostAddress} (VIP)", (await _insula.CliAsync("describe", "svc", "front")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal(["EnsuringLoadBalancer", "EnsuredLoadBalancer"], await Balanced.EventsAsync(_insula, "front"));

        // Only what a door was opened for is reached.
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, pod, 8080, NamedServer.Silence));
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, (string)service["spec"]!["clusterIP"]!, 80, NamedServer.Silence));

        await _insula.KillDaemonAsync();
        Assert.Equal("front 192.0.2.2", await Balanced.AskAsync(fixture.Outside, HostAddress, 80));
        await _insula.StartDaemonAsync();
        Assert.Equal("front 192.0.2.2", await Balanced.AskAsync(fixture.Outside, HostAddress, 80));
        Assert.Equal(["EnsuringLoadBalancer", "EnsuredLoadBalancer"], await Balanced.EventsAsync(_insula, "front"));

        (await _insula.CliAsync("delete", "service", "front")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "front");
        await Eventually.TrueAsync(async () => await Balanced.AskAsync(fixture.Outside, HostAddress, 80) == "refused", "the door is shut");
        Assert.DoesNotContain("192.0.2.1 . tcp . 80", await fixture.Host.ShAsync("nft list ruleset"), StringComparison.Ordinal);
        await _insula.DeletePodAsync("front");
    }

    [Fact]
    public async Task It_moves_with_the_machine_s_address()
    {
        await Balanced.ServerAsync(_insula, "moving");
        await _insula.ApplyAsync(Services.Manifest("moving", "moving", new { type = "LoadBalancer" }, new { port = 8070, targetPort = 8080 }));
        await Balanced.WaitForAsync(_insula, "moving", HostAddress);
        foreach (var (now, before) in ((string, string)[])[("192.0.2.77", HostAddress), (HostAddress, "192.0.2.77")])
        {
            await fixture.Host.ShAsync($"ip addr add {now}/24 dev up0; ip addr del {before}/24 dev up0; ip addr replace {now}/24 dev up0; ip route replace default via 192.0.2.2");
            await Balanced.WaitForAsync(_insula, "moving", now);
            await Eventually.GetAsync(() => Balanced.AskAsync(fixture.Outside, now, 8070), answer => answer == "moving 192.0.2.2", "it is reached where the machine is now");
            await Eventually.GetAsync(
                () => _insula.Api.GetAsync($"/api/v1/nodes/{Environment.MachineName.ToLowerInvariant()}"),
                node => node["status"]!["addresses"]!.AsArray().Any(a => (string?)a!["address"] == now), "the node's address is the machine's");
        }

        Assert.DoesNotContain("192.0.2.77", await fixture.Host.ShAsync("nft list ruleset"), StringComparison.Ordinal);
        Assert.Contains("UpdatedLoadBalancer", await Balanced.EventsAsync(_insula, "moving"));
        (await _insula.CliAsync("delete", "service", "moving")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "moving");
        await _insula.DeletePodAsync("moving");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_by_whom_and_given_when_it_is_free()
    {
        await using var program = await NamedServer.StartAsync(fixture.Host, "program", 8022);
        await _insula.ApplyAsync(Services.Manifest("ssh", "none", new { type = "LoadBalancer" }, new { port = 8022 }));
        await Balanced.WaitForEventAsync(_insula, "ssh", "SyncLoadBalancerFailed", $"the port 8022/TCP of {HostAddress} is taken by a program on this machine");
        Assert.Equal("program 192.0.2.2", await NamedServer.AskAsync(fixture.Outside, HostAddress, 8022));
        Assert.Contains("<pending>", (await _insula.CliAsync("get", "svc", "ssh")).Succeeded(), StringComparison.Ordinal);

        await _insula.ApplyAsync(Services.Manifest("one", "none", new { type = "LoadBalancer" }, new { port = 8090 }));
        await Balanced.WaitForAsync(_insula, "one", HostAddress);
        await _insula.ApplyAsync(Services.Manifest("two", "none", new { type = "LoadBalancer" }, new { port = 8090 }));
        await Balanced.WaitForEventAsync(_insula, "two", "SyncLoadBalancerFailed", $"the port 8090/TCP of {HostAddress} is taken by the Service default/one");

        // A pod that wants it as a host port does not run.
        await _insula.ApplyAsync(Manifests.Pod("door", Manifests.Forever, container: new { ports = new[] { new { containerPort = 80, hostPort = 8090 } } }));
        var door = await _insula.WaitForPodAsync("door", p => Pods.Phase(p) == "Failed", "is rejected");
        Assert.Equal($"Pod was rejected: the port 8090/TCP of {HostAddress} is taken by the Service default/one", (string?)door["status"]!["message"]);
        await _insula.DeletePodAsync("door");

        // Nobody may say of himself that he has it.
        var hijack = await _insula.CliAsync("patch", "svc", "two", "--subresource", "status", "--type", "merge", "-p", """{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}""");
        Assert.NotEqual(0, hijack.ExitCode);
        (await _insula.CliAsync("delete", "service", "one")).Succeeded();
        await Balanced.WaitForAsync(_insula, "two", HostAddress);

        // What is changed to a port that is another's loses what it had, and leads nobody there meanwhile.
        (await _insula.CliAsync("patch", "svc", "two", "--type", "json", "-p", """[{"op":"replace","path":"/spec/ports/0/port","value":8022}]""")).Succeeded();
        await Balanced.WaitForEventAsync(_insula, "two", "SyncLoadBalancerFailed", "is taken by a program on this machine");
        Assert.Equal("program 192.0.2.2", await NamedServer.AskAsync(fixture.Outside, HostAddress, 8022));
        (await _insula.CliAsync("patch", "svc", "two", "-p", """{"spec":{"type":"ClusterIP"}}""")).Succeeded();
        await Eventually.TrueAsync(async () => (await Services.GetAsync(_insula, "two"))["metadata"]!["finalizers"] is null, "it is let go");
        (await _insula.CliAsync("delete", "service", "two")).Succeeded();
        (await _insula.CliAsync("delete", "service", "ssh")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "ssh");
    }

    [Fact]
    public async Task Health_is_told_at_a_port_as_endpoints_come_and_go_and_while_the_daemon_is_away()
    {
        await _insula.ApplyAsync(Services.Manifest("local", "local", new { type = "LoadBalancer", externalTrafficPolicy = "Local" }, new { port = 8060, targetPort = 8080 }));
        var service = await Balanced.WaitForAsync(_insula, "local", HostAddress);
        var port = (int)service["spec"]!["healthCheckNodePort"]!;
        Assert.Equal(0, (int)(await HealthAsync(port, "503 Service Unavailable"))["localEndpoints"]!);
        await Balanced.ServerAsync(_insula, "local");
        var body = await HealthAsync(port, "200 OK");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"service":{"namespace":"default","name":"local"},"localEndpoints":1,"serviceProxyHealthy":true}"""), body));
        Assert.Equal("local 192.0.2.2", await Balanced.AskAsync(fixture.Outside, HostAddress, 8060));
        Assert.Contains($"HealthCheck NodePort: {port}", (await _insula.CliAsync("describe", "svc", "local")).Succeeded(), StringComparison.Ordinal);

        // Who is slow, says nothing or talks nonsense keeps nobody else from being answered.
        var idle = new List<System.Net.Sockets.Socket>();
        for (var i = 0; i < 100; i++)
        {
            idle.Add((await fixture.Outside.TryConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(HostAddress), port), TimeSpan.FromSeconds(5)))!);
        }

        Assert.Contains("400 Bad Request", await fixture.Host.ShAsync($"printf 'nonsense\\r\\n\\r\\n' | busybox nc -w 5 {HostAddress} {port}"), StringComparison.Ordinal);
        await _insula.KillDaemonAsync();
        idle.ForEach(s => s.Dispose());
        await HealthAsync(port, "200 OK");
        await _insula.StartDaemonAsync();
        await HealthAsync(port, "200 OK");

        // The server that answers dies: the daemon has another one answer.
        var server = await Balanced.HealthServerAsync(_insula);
        (await Commands.RunAsync("kill", ["-9", server])).Succeeded();
        await HealthAsync(port, "200 OK");
        Assert.NotEqual(server, await Balanced.HealthServerAsync(_insula));

        await _insula.DeletePodAsync("local");
        await HealthAsync(port, "503 Service Unavailable");
        (await _insula.CliAsync("patch", "svc", "local", "-p", """{"spec":{"externalTrafficPolicy":"Cluster"}}""")).Succeeded();
        Assert.Null((await Services.GetAsync(_insula, "local"))["spec"]!["healthCheckNodePort"]);
        await Eventually.TrueAsync(async () => await NamedServer.AskAsync(fixture.Outside, HostAddress, port, NamedServer.Silence) == "refused", "the port is closed");
        (await _insula.CliAsync("delete", "service", "local")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "local");
    }

    /// <summary>Waits for a status at a health-check node port; the body.</summary>
    private async Task<JsonNode> HealthAsync(int port, string status)
    {
        var answer = await Eventually.GetAsync(
            async () => (await Commands.RunAsync("nsenter", [$"--net={fixture.Outside.Path}", "curl", "-sSi", "--noproxy", "*", "--max-time", "10", $"http://{HostAddress}:{port}/healthz"])).Output,
            a => a.StartsWith($"HTTP/1.1 {status}\r\n", StringComparison.Ordinal), $"port {port} says {status}");
        return JsonNode.Parse(answer[answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)..])!;
    }

    [Fact]
    public async Task A_pod_that_is_told_to_end_is_led_to_no_more_and_its_connections_drain()
    {
        await _insula.ApplyAsync(Services.Manifest("drain", "drain", new { type = "LoadBalancer" }, new { port = 8050, targetPort = 8080 }));
        var service = await Balanced.WaitForAsync(_insula, "drain", HostAddress);

        // What it is led to by the Service when it gets its signal, it says with its last words; a finalizer keeps them.
        await _insula.ApplyAsync(Manifests.Pod(
            "leaving",
            $"nc -ll -p 8080 -e cat & trap 'for i in $(seq 10); do echo own | timeout 1 nc -w 1 {service["spec"]!["clusterIP"]} 8050; done > /dev/termination-log 2>&1; touch /tmp/told; while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 0' TERM; while true; do sleep 3600 & wait $!; done",
            container: new { readinessProbe = new { tcpSocket = new { port = 8080 }, periodMilliseconds = 100 } }, spec: new { terminationGracePeriodSeconds = (int)(60 * Eventually.Slowness) },
            metadata: new { labels = new { app = "drain" }, finalizers = new[] { "example.org/last-words" } }));
        await _insula.WaitForReadyAsync("leaving");
        using var connection = await Eventually.GetAsync(
            () => fixture.Outside.TryConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(HostAddress), 8050), TimeSpan.FromSeconds(5)), c => c is not null, "it is reached");
        Assert.Equal("a", await EchoAsync(connection!, "a"));
        await Balanced.ServerAsync(_insula, "staying", "drain");
        (await _insula.CliAsync("delete", "pod", "leaving", "--wait=false")).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "leaving", "--", "ls", "/tmp/told")).ExitCode == 0, "it has been told and has tried");
        Assert.Equal("b", await EchoAsync(connection!, "b"));
        (await _insula.CliAsync("exec", "leaving", "--", "touch", "/tmp/end")).Succeeded();
        var pod = await _insula.WaitForPodAsync("leaving", p => p["status"]!["containerStatuses"]![0]!["state"]!["terminated"] is not null, "has ended");
        Assert.DoesNotContain("own", (string?)pod["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["message"] ?? "", StringComparison.Ordinal);
        (await _insula.CliAsync("patch", "pod", "leaving", "--type", "merge", "-p", """{"metadata":{"finalizers":null}}""")).Succeeded();
        await _insula.DeletePodAsync("staying");
        (await _insula.CliAsync("delete", "service", "drain")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "drain");
    }

    private static async Task<string> EchoAsync(System.Net.Sockets.Socket socket, string text)
    {
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(text));
        var answer = new byte[10];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10 * Eventually.Slowness));
        return System.Text.Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer, limit.Token));
    }

    [Fact]
    public async Task Who_is_not_let_in_stays_outside()
    {
        await Balanced.ServerAsync(_insula, "few");
        await _insula.ApplyAsync(Services.Manifest(
            "few", "few", new { type = "LoadBalancer", allocateLoadBalancerNodePorts = false, loadBalancerSourceRanges = new[] { "203.0.113.0/24" } }, new { port = 8070, targetPort = 8080 }));
        await Balanced.WaitForAsync(_insula, "few", HostAddress);
        await Eventually.TrueAsync(async () => await Balanced.AskAsync(fixture.Host, HostAddress, 8070) == $"few {HostAddress}", "the machine is inside");
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, HostAddress, 8070, NamedServer.Silence));
        (await _insula.CliAsync("patch", "svc", "few", "--type", "merge", "-p", """{"spec":{"loadBalancerSourceRanges":["203.0.113.0/24","192.0.2.2/32"]}}""")).Succeeded();
        await Eventually.TrueAsync(async () => await Balanced.AskAsync(fixture.Outside, HostAddress, 8070) == "few 192.0.2.2", "it is let in");
        (await _insula.CliAsync("delete", "service", "few")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "few");
        await _insula.DeletePodAsync("few");
    }
}

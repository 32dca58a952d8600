using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>Services of both families of addresses, of the real daemon with real pods.</summary>
public sealed class DualStackTests(DualStackFixture fixture) : IClassFixture<DualStackFixture>
{
    private const string HostAddress = "2001:db8::1";
    private const string OutsideAddress = "2001:db8::2";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_Service_of_both_families_is_reached_and_named_by_each_through_a_killed_daemon()
    {
        await _insula.ApplyAsync(Services.Manifest("both", "both", new { type = "NodePort", ipFamilyPolicy = "PreferDualStack" }, new { port = 80, targetPort = 8080 }));
        var v4 = await Balanced.ServerAsync(_insula, "both");
        await _insula.ApplyAsync(Manifests.Pod("asking", Manifests.Forever));
        await _insula.WaitForReadyAsync("asking");
        var v6 = await AddressAsync("both");
        var service = await Services.GetAsync(_insula, "both");
        var addresses = service["spec"]!["clusterIPs"]!.AsArray().Select(a => (string)a!).ToList();
        var nodePort = (int)service["spec"]!["ports"]![0]!["nodePort"]!;
        Assert.Equal("""["IPv4","IPv6"]""", service["spec"]!["ipFamilies"]!.ToJsonString());
        Assert.StartsWith("fd43::", addresses[1], StringComparison.Ordinal);
        await Services.WaitForEndpointsAsync(_insula, "both", $"{v4}:8080");
        await WaitForSlicesAsync("both", $"IPv4 {v4}", $"IPv6 {v6}");
        var described = (await _insula.CliAsync("describe", "service", "both")).Succeeded();
        Assert.Contains($"IPs: {addresses[0]},{addresses[1]}", Words(described), StringComparison.Ordinal);
        Assert.Contains("IP Families: IPv4,IPv6", Words(described), StringComparison.Ordinal);
        await ReachedAsync();
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, addresses[1], 80, NamedServer.Silence));
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, v6, 8080, NamedServer.Silence));
        await _insula.KillDaemonAsync();
        await AnsweredAsync();
        await _insula.StartDaemonAsync();
        await ReachedAsync();

        // One family is given up, and the other stays as it was.
        (await _insula.CliAsync("patch", "service", "both", "-p", """{"spec":{"ipFamilyPolicy":"SingleStack"}}""")).Succeeded();
        await WaitForSlicesAsync("both", $"IPv4 {v4}");
        await Eventually.GetAsync(() => Balanced.AskAsync(fixture.Outside, $"[{HostAddress}]", nodePort), answer => answer == "refused", "the door of IPv6 is shut");
        Assert.Equal($"[\"{addresses[0]}\"]", (await Services.GetAsync(_insula, "both"))["spec"]!["clusterIPs"]!.ToJsonString());
        Assert.Equal("both 192.0.2.2", await Balanced.AskAsync(fixture.Outside, "192.0.2.1", nodePort));
        Assert.DoesNotContain(addresses[1], await fixture.Host.ShAsync("nft list table inet $(nft list tables inet | awk '{print $3}')"), StringComparison.Ordinal);
        await _insula.DeletePodAsync("both");
        await _insula.DeletePodAsync("asking");
        (await _insula.CliAsync("delete", "service", "both")).Succeeded();

        async Task ReachedAsync()
        {
            await Eventually.GetAsync(() => Balanced.AskAsync(fixture.Host, $"[{addresses[1]}]", 80), answer => answer == "both [fd83::1]", "it is reached by IPv6");
            await AnsweredAsync();
        }

        async Task AnsweredAsync()
        {
            Assert.Equal($"both [{OutsideAddress}]", await Balanced.AskAsync(fixture.Outside, $"[{HostAddress}]", nodePort));
            Assert.Equal("both 192.0.2.2", await Balanced.AskAsync(fixture.Outside, "192.0.2.1", nodePort));
            foreach (var address in addresses)
            {
                Assert.StartsWith("both ", await Balanced.AskAsync(fixture.Host, address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address, 80), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Names_have_the_addresses_of_both_families()
    {
        await _insula.ApplyAsync(Services.Manifest("six", "named", new { ipFamilies = new[] { "IPv6" } }, new { port = 80, targetPort = 8080 }));
        await _insula.ApplyAsync(Services.Manifest("none", "named", new { clusterIP = "None", ipFamilyPolicy = "RequireDualStack" }, new { port = 80 }));
        var v4 = await Balanced.ServerAsync(_insula, "named");
        var v6 = await AddressAsync("named");
        var address = (string)(await Services.GetAsync(_insula, "six"))["spec"]!["clusterIP"]!;
        Assert.StartsWith("fd43::", address, StringComparison.Ordinal);
        await NamedAsync("six", "aaaa", address);
        await NamedAsync("none", "a", v4);
        await NamedAsync("none", "aaaa", v6);
        Assert.Contains("six.default.svc.cluster.local", (await _insula.CliAsync("exec", "named", "--", "nslookup", address)).Output, StringComparison.Ordinal);

        // A program finds it without knowing of families.
        Assert.Equal($"named [{v6}]\n", await Eventually.GetAsync(
            async () => (await _insula.CliAsync("exec", "named", "--", "wget", "-qO-", "http://six/cgi-bin/who")).Output.Replace("fd83::1", v6, StringComparison.Ordinal),
            text => text.Length > 0, "the pod reaches itself by the name"));
        await _insula.DeletePodAsync("named");
        (await _insula.CliAsync("delete", "service", "six", "none")).Succeeded();

        Task NamedAsync(string name, string type, string expected) => Eventually.TrueAsync(
            async () => (await _insula.CliAsync("exec", "named", "--", "nslookup", $"-type={type}", $"{name}.default.svc.cluster.local")).Output.Contains($"Address: {expected}\n", StringComparison.Ordinal),
            $"{name} has the address {expected}");
    }

    [Fact]
    public async Task A_host_port_is_a_door_of_both_families()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "door", $"mkdir /www; echo door > /www/index.html; httpd -p 8080 -h /www; {Manifests.Forever}",
            container: new { ports = new[] { new { containerPort = 8080, hostPort = 8088 } }, readinessProbe = new { tcpSocket = new { port = 8080 }, periodMilliseconds = 100 } }));
        await _insula.WaitForReadyAsync("door");
        foreach (var address in (string[])["192.0.2.1", $"[{HostAddress}]"])
        {
            await Eventually.GetAsync(() => Web.FetchAsync(fixture.Outside.Path, $"http://{address}:8088/"), answer => answer == "door\n", $"the port leads to the pod at {address}");
        }

        await _insula.DeletePodAsync("door");
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Outside, HostAddress, 8088));
    }

    [Fact]
    public async Task A_load_balancer_s_addresses_are_announced_to_neighbours_and_found_again_when_a_link_was_down()
    {
        const string given = "2001:db8::50";
        await Balanced.ServerAsync(_insula, "front");

        // The neighbour believes it elsewhere.
        await fixture.Outside.ShAsync($"ip -6 neigh replace {given} lladdr 02:00:00:00:00:99 dev eth0 nud stale");
        await _insula.ApplyAsync(Services.Manifest(
            "front", "front", new { type = "LoadBalancer", ipFamilyPolicy = "PreferDualStack", externalTrafficPolicy = "Local", allocateLoadBalancerNodePorts = false }, new { port = 80, targetPort = 8080 }));
        var service = await Balanced.WaitForAsync(_insula, "front", "192.0.2.50");
        Assert.Equal(["192.0.2.50", given], service["status"]!["loadBalancer"]!["ingress"]!.AsArray().Select(i => (string)i!["ip"]!));
        var mac = (await fixture.Host.ShAsync("ip -o link show up0 | grep -o 'link/ether [^ ]*' | cut -d' ' -f2")).Trim();
        await Eventually.TrueAsync(async () => (await fixture.Outside.ShAsync($"ip -6 neigh show {given}")).Contains(mac, StringComparison.Ordinal), "the neighbour has been told");
        await ReachedAsync();

        await fixture.Host.ShAsync("ip link set up0 down");
        Assert.DoesNotContain(given, await fixture.Host.ShAsync("ip -6 addr show dev up0"), StringComparison.Ordinal);
        await fixture.Host.ShAsync("ip link set up0 up; ip -6 addr replace 2001:db8::1/64 dev up0 nodad; ip route replace default via 192.0.2.2; ip -6 route replace default via 2001:db8::2");
        await fixture.Outside.ShAsync($"ip -6 neigh flush dev eth0");
        await ReachedAsync();

        // A new daemon knows them, and who is deleted gives them back.
        await _insula.KillDaemonAsync();
        Assert.Equal($"front [{OutsideAddress}]", await Balanced.AskAsync(fixture.Outside, $"[{given}]", 80));
        await _insula.StartDaemonAsync();
        await ReachedAsync();
        (await _insula.CliAsync("delete", "service", "front")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "front");
        Assert.DoesNotContain(given, await fixture.Host.ShAsync("ip -6 addr"), StringComparison.Ordinal);
        await _insula.DeletePodAsync("front");

        async Task ReachedAsync()
        {
            await Eventually.GetAsync(() => Balanced.AskAsync(fixture.Outside, $"[{given}]", 80), answer => answer == $"front [{OutsideAddress}]", "it is reached by IPv6");
            Assert.Equal("front 192.0.2.2", await Balanced.AskAsync(fixture.Outside, "192.0.2.50", 80));

            // Its health is told to whoever asks by either family: the pod is one, whatever addresses it has.
            foreach (var address in (string[])["192.0.2.1", $"[{HostAddress}]"])
            {
                await Eventually.GetAsync(
                    () => Web.FetchAsync(fixture.Outside.Path, $"http://{address}:{service["spec"]!["healthCheckNodePort"]}/"), text => text.Contains("\"localEndpoints\":1", StringComparison.Ordinal), "its health is told");
            }
        }
    }

    [Theory]
    [InlineData("203.0.113.9", """{"ipFamilies":["IPv6"]}""", "203.0.113.9 is no address of the pool")]
    [InlineData("192.0.2.51", """{"ipFamilies":["IPv6"]}""", "192.0.2.51 is of a family that the Service does not have: its ipFamilies are IPv6")]
    public async Task An_address_of_another_family_is_not_given(string asked, string spec, string why)
    {
        var wanted = JsonNode.Parse(Services.Manifest("asks", "none", new { type = "LoadBalancer", loadBalancerIP = asked }, new { port = 81 }))!;
        foreach (var (key, value) in JsonNode.Parse(spec)!.AsObject())
        {
            wanted["spec"]![key] = value!.DeepClone();
        }

        await _insula.ApplyAsync(wanted.ToJsonString());
        await Balanced.WaitForEventAsync(_insula, "asks", "SyncLoadBalancerFailed", why);
        (await _insula.CliAsync("delete", "service", "asks")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "asks");
    }

    [Fact]
    public async Task Endpoints_by_hand_are_led_to_and_none_that_stand_for_another_family()
    {
        await using var outside = await NamedServer.StartAsync(fixture.Outside, "outside", 9090, v6: true);
        await _insula.ApplyAsync(Services.Manifest("out", null, new { ipFamilies = new[] { "IPv6" } }, new { port = 80 }));
        await _insula.ApplyAsync(Slice(OutsideAddress));
        var address = (string)(await Services.GetAsync(_insula, "out"))["spec"]!["clusterIP"]!;
        await Eventually.GetAsync(() => NamedServer.AskAsync(fixture.Host, address, 80), answer => answer == $"outside {HostAddress}", "the endpoint is reached");
        foreach (var hostile in (string[])["::ffff:127.0.0.1", "::1", "fe80::1", "ff02::1", "::", "2001:DB8::2"])
        {
            var refused = await _insula.CliWithInputAsync(Slice(hostile), "apply", "-f", "-");
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("endpoints[0].addresses[0]: Invalid value", refused.Error, StringComparison.Ordinal);
        }

        (await _insula.CliAsync("delete", "service", "out")).Succeeded();
        (await _insula.CliAsync("delete", "endpointslice", "out-1")).Succeeded();

        static string Slice(string address) =>
            """{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"out-1","labels":{"kubernetes.io/service-name":"out"}},"addressType":"IPv6","""
            + $$"""  "endpoints":[{"addresses":["{{address}}"]}],"ports":[{"port":9090}] """ + "}";
    }

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private async Task<string> AddressAsync(string pod) =>
        (string)JsonNode.Parse((await _insula.CliAsync("get", "pod", pod, "-o", "json")).Succeeded())!["status"]!["podIPs"]![1]!["ip"]!;

    private Task WaitForSlicesAsync(string service, params string[] expected) => Eventually.TrueAsync(
        async () => JsonNode.Parse((await _insula.CliAsync("get", "endpointslices", "-l", $"kubernetes.io/service-name={service}", "-o", "json")).Succeeded())!["items"]!.AsArray()
            .SelectMany(s => s!["endpoints"]!.AsArray().Select(e => $"{s["addressType"]} {e!["addresses"]![0]}")).Order().SequenceEqual(expected.Order()),
        $"its slices hold {string.Join(", ", expected)}");
}

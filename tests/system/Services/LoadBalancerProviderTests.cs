using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>Addresses of a pool, and those that a program gives, reached from another namespace.</summary>
public sealed class LoadBalancerProviderTests(BalancerFixture fixture) : IClassFixture<BalancerFixture>
{
    private const string HostAddress = "192.0.2.1";
    private const string First = "192.0.2.50";
    private const string Second = "192.0.2.51";
    private const string Outer = "203.0.113.7";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task An_address_of_the_pool_is_one_Service_s_announced_and_gone_with_it()
    {
        // Neighbours know somebody else there, and learn who has it now.
        await fixture.Outside.ShAsync($"sysctl -qw net.ipv4.conf.eth0.arp_accept=1; ip neigh replace {First} lladdr 02:00:00:00:00:99 dev eth0 nud stale");
        await using var program = await NamedServer.StartAsync(fixture.Host, "program", 8022);
        await Balanced.ServerAsync(_insula, "pooled");
        await _insula.ApplyAsync(Services.Manifest("pooled", "pooled", new { type = "LoadBalancer", externalTrafficPolicy = "Local" }, new { port = 80, targetPort = 8080 }));
        await Balanced.WaitForAsync(_insula, "pooled", First);
        Assert.DoesNotContain("02:00:00:00:00:99", await NeighbourAsync(First), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await Balanced.AskAsync(fixture.Outside, First, 80) == "pooled 192.0.2.2", "it is reached from outside, which is seen");
        Assert.Equal($"pooled {First}", await Balanced.AskAsync(fixture.Host, First, 80));

        // Nothing else of the machine is there, and the Service is not at the machine's own address.
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Outside, First, 8022));
        Assert.Equal("program 192.0.2.2", await NamedServer.AskAsync(fixture.Outside, HostAddress, 8022));
        Assert.Equal("refused", await NamedServer.AskAsync(fixture.Outside, HostAddress, 80));

        // The same port at the other address; a third Service waits, is told, and gets what becomes free.
        foreach (var name in (string[])["other", "third"])
        {
            await _insula.ApplyAsync(Services.Manifest(name, "pooled", new { type = "LoadBalancer" }, new { port = 80, targetPort = 8080 }));
        }

        await Balanced.WaitForAsync(_insula, "other", Second);
        await Balanced.WaitForEventAsync(_insula, "third", "SyncLoadBalancerFailed", "all 2 IPv4 addresses of the pool 192.0.2.50,192.0.2.51 are in use");
        (await _insula.CliAsync("delete", "service", "other")).Succeeded();
        await Balanced.WaitForAsync(_insula, "third", Second);

        // Through the daemon's death, and with what another left behind.
        await _insula.KillDaemonAsync();
        Assert.Equal("pooled 192.0.2.2", await Balanced.AskAsync(fixture.Outside, First, 80));
        var label = (await fixture.Host.ShAsync($"ip -o -4 addr show to {First}")).Split(' ', StringSplitOptions.RemoveEmptyEntries).First(w => w.StartsWith("lo:", StringComparison.Ordinal)).TrimEnd('\\');
        await fixture.Host.ShAsync($"ip addr add 192.0.2.52/32 dev lo label {label}");
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(async () => !(await BoundAsync()).Contains("192.0.2.52", StringComparison.Ordinal), "what nobody has is given back");
        Assert.Equal("pooled 192.0.2.2", await Balanced.AskAsync(fixture.Outside, First, 80));

        // A link that comes up is told.
        await fixture.Outside.ShAsync("ip link set eth0 down; ip link set eth0 up; ip neigh flush all");
        await Eventually.TrueAsync(async () => (await NeighbourAsync(First)).Contains("lladdr", StringComparison.Ordinal), "the address is announced on the link");

        (await _insula.CliAsync("delete", "service", "pooled", "third")).Succeeded();
        await Balanced.WaitForEndAsync(_insula, "pooled");
        await Balanced.WaitForEndAsync(_insula, "third");
        Assert.DoesNotContain("192.0.2.5", await BoundAsync(), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => !(await fixture.Host.ShAsync("nft list ruleset")).Contains("192.0.2.5", StringComparison.Ordinal), "nothing is left in the kernel");
        await _insula.DeletePodAsync("pooled");
    }

    [Fact]
    public async Task A_program_is_asked_and_asked_again_when_it_fails()
    {
        await fixture.Outside.ShAsync($"ip route replace 203.0.113.0/24 via {HostAddress}");
        var fail = Path.Combine(fixture.Directory, "fail");
        var say = Path.Combine(fixture.Directory, "say");
        await File.WriteAllTextAsync(fail, "the cloud is dark");
        (await _insula.CliAsync("apply", "-f", Path.Combine(Repository.Root, "examples", "load-balancer", "service.yaml"))).Succeeded();
        await Balanced.WaitForEventAsync(_insula, "front", "SyncLoadBalancerFailed", "the cloud is dark");
        await File.WriteAllTextAsync(say, "nonsense");
        File.Delete(fail);
        await Balanced.WaitForEventAsync(_insula, "front", "SyncLoadBalancerFailed", "its answer is no JSON");
        await File.WriteAllTextAsync(say, $$"""{"ingress":[{"ip":"{{HostAddress}}"}]}""");
        await Balanced.WaitForEventAsync(_insula, "front", "SyncLoadBalancerFailed", $"{HostAddress} is an address of this machine");
        File.Delete(say);
        await Balanced.WaitForAsync(_insula, "front", Outer);
        await _insula.WaitForReadyAsync("front");

        // Packets come here with the address as they were sent, though it is not this machine's.
        await Eventually.TrueAsync(async () => await Web.FetchAsync(fixture.Outside.Path, $"http://{Outer}/") == "front\n", "it is reached from outside");
        Assert.Equal("front\n", await Web.FetchAsync(fixture.Host.Path, $"http://{Outer}/"));
        var first = fixture.Asked.Select(a => JsonNode.Parse(a)!).First(a => (string?)a["action"] == "ensure");
        Assert.Equal(("ensure", "front", "default", 1), ((string?)first["action"], (string?)first["service"]!["name"], (string?)first["service"]!["namespace"], (int?)first["version"]));
        Assert.Equal((80, "TCP"), ((int?)first["service"]!["ports"]![0]!["port"], (string?)first["service"]!["ports"]![0]!["protocol"]));
        Assert.InRange((int)first["service"]!["healthCheckNodePort"]!, 30000, 32767);

        // A change is told; one that has nothing to do with it is not.
        (await _insula.CliAsync("patch", "svc", "front", "--type", "merge", "-p", """{"spec":{"loadBalancerSourceRanges":["203.0.113.0/24"]}}""")).Succeeded();
        await Eventually.TrueAsync(() => (string?)JsonNode.Parse(fixture.Asked[^1])!["action"] == "update", "the change is told");
        Assert.Equal("""["203.0.113.0/24"]""", JsonNode.Parse(fixture.Asked[^1])!["service"]!["loadBalancerSourceRanges"]!.ToJsonString());
        Assert.Equal("silence", await NamedServer.AskAsync(fixture.Outside, Outer, 80, NamedServer.Silence));

        // The daemon's death changes nothing; what the program has and nobody wants is taken away.
        await _insula.KillDaemonAsync();
        var state = Path.Combine(fixture.Directory, "state");
        var given = JsonNode.Parse(await File.ReadAllTextAsync(state))!;
        given["stray-uid"] = new JsonObject { ["namespace"] = "default", ["name"] = "gone", ["address"] = "203.0.113.8" };
        await File.WriteAllTextAsync(state, given.ToJsonString());
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(async () => !(await File.ReadAllTextAsync(state)).Contains("stray-uid", StringComparison.Ordinal), "the stray is deleted");
        Assert.Contains(Outer, await File.ReadAllTextAsync(state), StringComparison.Ordinal);

        // Deletion waits for the program.
        await File.WriteAllTextAsync(fail, "not now");
        (await _insula.CliAsync("delete", "service", "front", "--wait=false")).Succeeded();
        await Balanced.WaitForEventAsync(_insula, "front", "SyncLoadBalancerFailed", "not now");
        Assert.NotNull((await Services.GetAsync(_insula, "front"))["metadata"]!["deletionTimestamp"]);
        File.Delete(fail);
        await Balanced.WaitForEndAsync(_insula, "front");
        Assert.DoesNotContain(Outer, await File.ReadAllTextAsync(state), StringComparison.Ordinal);
        await _insula.DeletePodAsync("front");
    }

    private async Task<string> NeighbourAsync(string address) => await fixture.Outside.ShAsync($"ip neigh show {address}");

    private async Task<string> BoundAsync() => await fixture.Host.ShAsync("ip -o -4 addr show dev lo");
}

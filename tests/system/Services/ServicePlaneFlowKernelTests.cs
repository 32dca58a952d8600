using Insula.Network.Services;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Services;

/// <summary>Clients that are kept by their address, and flows that stay with their endpoint as long as there is one.</summary>
public sealed class ServicePlaneFlowKernelTests() : ServicePlaneWorld(v6: false)
{
    [Fact]
    public async Task A_client_that_is_kept_stays_while_others_come_and_go_until_its_time_is_over()
    {
        var (client, _) = await PodAsync("client");
        var (other, _) = await PodAsync("other");
        var addresses = new List<string>();
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            addresses.Add((await ServerAsync(name)).Address);
        }

        await SetAsync(Sticky(5, addresses));
        var first = await NamedServer.AskAsync(client, Address, 80);
        Assert.All(await ManyAsync(client, Address, 80, 30), answer => Assert.Equal(first, answer));
        var kept = "abcd".IndexOf(first[0], StringComparison.Ordinal);

        // Others go, and come again.
        await SetAsync(Sticky(5, [addresses[kept]]));
        Assert.Equal(first, await NamedServer.AskAsync(client, Address, 80));
        await SetAsync(Sticky(5, addresses));
        Assert.All(await ManyAsync(client, Address, 80, 30), answer => Assert.Equal(first, answer));

        // Its own goes: it is led to another, and stays there.
        await SetAsync(Sticky(5, [.. addresses.Where((_, i) => i != kept)]));
        var second = await NamedServer.AskAsync(client, Address, 80);
        Assert.NotEqual(first, second);
        await SetAsync(Sticky(5, addresses));
        Assert.All(await ManyAsync(client, Address, 80, 30), answer => Assert.Equal(second, answer));

        // A new daemon keeps it, too.
        await RestartAsync(Sticky(5, addresses));
        Assert.All(await ManyAsync(client, Address, 80, 30), answer => Assert.Equal(second, answer));

        // Without a time-out it is kept nowhere, and nothing of it stays.
        await SetAsync(Service(80, [.. addresses]));
        Assert.InRange((await ManyAsync(client, Address, 80, 60)).Distinct().Count(), 2, 4);
        Assert.InRange((await ManyAsync(other, Address, 80, 60)).Distinct().Count(), 2, 4);
        Assert.DoesNotContain("sticky", await TableAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("clients", await TableAsync(), StringComparison.Ordinal);

        await SetAsync(Sticky(1, addresses));
        await NamedServer.AskAsync(client, Address, 80);
        Assert.Contains("expires", await TableAsync(), StringComparison.Ordinal);
        await Harness.Eventually.TrueAsync(async () => !(await TableAsync()).Contains("expires", StringComparison.Ordinal), "the time is over");
    }

    [Fact]
    public async Task Clients_from_outside_are_kept_by_their_address_at_node_ports()
    {
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await SetAsync(Node(30080, a, b) with { AffinitySeconds = 60 });
        var first = await NamedServer.AskAsync(Outside, HostAddress, 30080);
        Assert.All(await ManyAsync(Outside, HostAddress, 30080, 30), answer => Assert.Equal(first, answer));
    }

    [Fact]
    public async Task Udp_flows_follow_endpoints_and_others_are_left_alone()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await using var elsewhere = await NamedServer.StartAsync(Outside, "elsewhere", 30053);
        using var flow = await UdpAsync(client);
        using var node = await UdpAsync(Outside);
        using var foreign = await UdpAsync(client);
        // The first datagram may be lost like any other, to a neighbour who is not known yet for one.
        await Eventually.TrueAsync(async () => (await NamedServer.AskUdpAsync(foreign, "192.0.2.2", 30053, 1000)).StartsWith("elsewhere", StringComparison.Ordinal), "somebody elsewhere answers");

        // Before there is any Service: what is refused leaves nothing that would keep it from being led later.
        Assert.Equal("refused", await NamedServer.AskUdpAsync(flow, Address, 53));
        Assert.Equal("refused", await NamedServer.AskUdpAsync(node, HostAddress, 30053));
        await SetAsync(Udp(a), UdpNode(a));
        Assert.StartsWith("a ", await NamedServer.AskUdpAsync(flow, Address, 53), StringComparison.Ordinal);
        Assert.Equal("a 192.0.2.2", await NamedServer.AskUdpAsync(node, HostAddress, 30053));
        var foreignFlow = await FlowsAsync("192.0.2.2", 30053);

        // Another comes: the flow stays. Its own goes: it moves.
        await SetAsync(Udp(a, b), UdpNode(a, b));
        Assert.StartsWith("a ", await NamedServer.AskUdpAsync(flow, Address, 53), StringComparison.Ordinal);
        await SetAsync(Udp(b), UdpNode(b));
        Assert.StartsWith("b ", await NamedServer.AskUdpAsync(flow, Address, 53), StringComparison.Ordinal);
        Assert.Equal("b 192.0.2.2", await NamedServer.AskUdpAsync(node, HostAddress, 30053));

        // The last goes, and one comes.
        await SetAsync(Udp(), UdpNode());
        Assert.Equal("refused", await NamedServer.AskUdpAsync(flow, Address, 53));
        await SetAsync(Udp(a), UdpNode(a));
        Assert.StartsWith("a ", await NamedServer.AskUdpAsync(flow, Address, 53), StringComparison.Ordinal);

        // The Service goes.
        await SetAsync();
        Assert.Equal("refused", await NamedServer.AskUdpAsync(flow, Address, 53));
        Assert.Equal("refused", await NamedServer.AskUdpAsync(node, HostAddress, 30053));
        Assert.Equal(foreignFlow, await FlowsAsync("192.0.2.2", 30053));
        Assert.StartsWith("elsewhere", await NamedServer.AskUdpAsync(foreign, "192.0.2.2", 30053), StringComparison.Ordinal);
    }

    private FrontendTargets Sticky(int seconds, IReadOnlyList<string> targets) => Service(80, [.. targets]) with { AffinitySeconds = seconds };

    private async Task<string> FlowsAsync(string address, int port) =>
        (await Host.ShAsync($"grep -c 'dst={address} .*dport={port}' /proc/net/nf_conntrack || true")).Trim();
}

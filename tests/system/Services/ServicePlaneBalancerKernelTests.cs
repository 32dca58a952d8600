using System.Net;
using Insula.Network.Services;

namespace Insula.SystemTests.Services;

/// <summary>Load balancers' addresses: whom they let in, and what else of the machine they show.</summary>
public sealed class ServicePlaneBalancerKernelTests() : ServicePlaneWorld(v6: false)
{
    [Fact]
    public async Task A_load_balancer_s_address_leads_from_everywhere_and_keeps_out_whom_it_does_not_let_in()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (a, address) = await ServerAsync("a");
        await Host.ShAsync("ip addr add 192.0.2.50/32 dev lo");
        await using var own = await NamedServer.StartAsync(Host, "own", 22);
        await SetAsync(Balanced(null, address));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(Outside, "192.0.2.50", 80));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, "192.0.2.50", 80));
        Assert.Equal("a 10.83.0.1", await NamedServer.AskAsync(a, "192.0.2.50", 80));
        Assert.Equal("a 192.0.2.50", await NamedServer.AskAsync(Host, "192.0.2.50", 80));

        // At an address that is Services' alone nothing else of the machine is reached; the machine's own is as before.
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, "192.0.2.50", 22));
        Assert.Equal("own 192.0.2.2", await NamedServer.AskAsync(Outside, HostAddress, 22));
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 80));
        Assert.Equal("silence", await NamedServer.AskAsync(Outside, address, 8080, NamedServer.Silence));

        // Networks within one another are one for the kernel.
        await SetAsync(Balanced(["203.0.113.0/24", "192.0.0.0/8", "192.0.2.2/32"], address));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(Outside, "192.0.2.50", 80));
        using var going = await Outside.TryConnectAsync(new IPEndPoint(IPAddress.Parse("192.0.2.50"), 80), TimeSpan.FromSeconds(5));
        Assert.NotNull(going);
        await SetAsync(Balanced(["203.0.113.0/24"], address));
        Assert.Equal("silence", await NamedServer.AskAsync(Outside, "192.0.2.50", 80, NamedServer.Silence));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, "192.0.2.50", 80));
        var before = await TableAsync();
        await RestartAsync(Balanced(["203.0.113.0/24"], address));
        Assert.Equal(before, await TableAsync());
        await RestartAsync(Balanced(["192.0.2.2/32"], address));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(Outside, "192.0.2.50", 80));

        // Without endpoints it refuses, and in the end nothing of it is left.
        await SetAsync(Balanced(null));
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, "192.0.2.50", 80));
        await SetAsync();
        Assert.DoesNotContain("192.0.2.50", await TableAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_balancer_may_send_on_what_is_not_this_machine_s_address()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        await Outside.ShAsync($"ip route add 198.51.100.7/32 via {HostAddress}");
        await SetAsync(new FrontendTargets(new("198.51.100.7", "TCP", 80), FrontendKind.Balancer, [To(a)], 60));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(Outside, "198.51.100.7", 80));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, "198.51.100.7", 80));
        Assert.Contains("192.0.2.2 . 198.51.100.7", await TableAsync(), StringComparison.Ordinal);
    }

    private static FrontendTargets Balanced(string[]? sources, params string[] targets) =>
        new(new("192.0.2.50", "TCP", 80), FrontendKind.Balancer, [.. targets.Select(To)], null)
        {
            Sources = Insula.Network.Services.ServiceFrontends.Of(
                new()
                {
                    Spec = new() { Type = "LoadBalancer", ClusterIP = "10.43.0.9", Ports = [new() { Port = 80 }], LoadBalancerSourceRanges = sources ?? [] },
                    Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = "192.0.2.50", Ports = [new() { Port = 80, Protocol = "TCP" }] }] } },
                },
                [], "vm")[^1].Sources,
            IsForServicesAlone = true,
        };
}

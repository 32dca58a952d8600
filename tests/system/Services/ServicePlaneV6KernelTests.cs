using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Insula.Network;
using Insula.Network.Services;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>The same of IPv6: what is led, what is refused, who is kept, whose flows end.</summary>
public sealed class ServicePlaneV6KernelTests() : ServicePlaneWorld(v6: true)
{
    private const string OutsideAddress = "2001:db8::2";
    private const string HostEnd = "fd83::1";

    [Fact]
    public async Task A_Service_is_reached_from_pods_and_from_the_host_by_its_own_and_not_from_outside()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await SetAsync(Service(80, a, b));
        Assert.Equal([$"a {clientAddress}", $"b {clientAddress}"], (await AnswersAsync(client, Address, 80)).Order());
        Assert.Equal([$"a {HostEnd}", $"b {HostEnd}"], (await AnswersAsync(Host, Address, 80)).Order());
        Assert.Equal("silence", await NamedServer.AskAsync(Outside, Address, 80, NamedServer.Silence));
        Assert.Equal("silence", await NamedServer.AskAsync(Outside, a, 8080, NamedServer.Silence));
    }

    [Fact]
    public async Task What_leads_nowhere_is_refused_at_once()
    {
        var (client, _) = await PodAsync("client");
        await SetAsync(Service(80), Node(30080));
        foreach (var from in (TestNamespace[])[client, Host])
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal("refused", await NamedServer.AskAsync(from, Address, 80));
            Assert.Equal("refused", await NamedServer.AskAsync(from, "fd43::9999", 1234));
            Assert.Equal("refused", await NamedServer.AskAsync(from, HostAddress, 30080));
            using var udp = await UdpAsync(from);
            Assert.Equal("refused", await NamedServer.AskUdpAsync(udp, Address, 53));
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
        }

        // A program of the host has the port for itself on the loopback, and not beyond it; on the other family's port it stays.
        await using var own = await NamedServer.StartAsync(Host, "own", 30080, v6: true);
        await using var ownV4 = await NamedServer.StartAsync(Host, "own4", 30080);
        Assert.Equal("own ::1", await NamedServer.AskAsync(Host, "::1", 30080));
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 30080));
        Assert.Equal("own4 192.0.2.2", await NamedServer.AskAsync(Outside, "192.0.2.1", 30080));
    }

    [Fact]
    public async Task A_node_port_is_reached_from_outside_and_shows_the_client_s_address()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (a, address) = await ServerAsync("a");
        await SetAsync(Service(80, address), Node(30080, address));
        Assert.Equal($"a {OutsideAddress}", await NamedServer.AskAsync(Outside, HostAddress, 30080));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, HostAddress, 30080));
        Assert.Equal($"a {HostAddress}", await NamedServer.AskAsync(Host, HostAddress, 30080));
        Assert.Equal("refused", await NamedServer.AskAsync(Host, "::1", 30080));

        // A pod that is led to itself gets its answer.
        Assert.Equal($"a {HostEnd}", await NamedServer.AskAsync(a, Address, 80));
        Assert.Equal($"a {HostEnd}", await NamedServer.AskAsync(a, HostAddress, 30080));

        // The address that each link has for itself is no door.
        var own = (await Host.ShAsync("ip -6 -o addr show dev up0 scope link | awk '{print $4}' | cut -d/ -f1")).Trim();
        var number = (await Outside.ShAsync("ip -o link show eth0 | cut -d: -f1")).Trim();
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, $"{own}%{number}", 30080));

        await SetAsync();
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 30080));
        var table = await TableAsync();
        Assert.DoesNotContain("30080", table, StringComparison.Ordinal);
        Assert.DoesNotContain(address, table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_may_be_other_machines_and_the_host_itself()
    {
        var (client, _) = await PodAsync("client");
        await using var outside = await NamedServer.StartAsync(Outside, "outside", 8080, v6: true);
        await using var onHost = await NamedServer.StartAsync(Host, "host", 8080, v6: true);
        await SetAsync(Service(80, OutsideAddress), Node(30080, OutsideAddress));
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(client, Address, 80));
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(Host, Address, 80));

        // From outside to outside: the way back leads by this machine, too.
        using var far = new TestNamespace();
        await Outside.ShAsync($"ip link add far0 type veth peer name eth0 netns {far.Path}; ip addr add 2001:db8:1::1/64 dev far0 nodad; ip link set far0 up; sysctl -qw net.ipv6.conf.all.forwarding=1");
        await far.ShAsync("ip addr add 2001:db8:1::2/64 dev eth0 nodad; ip link set eth0 up; ip -6 route add default via 2001:db8:1::1");
        await Harness.Eventually.TrueAsync(
            async () => await NamedServer.AskAsync(far, HostAddress, 30080, NamedServer.Silence) == $"outside {HostAddress}", "the way from afar is there");
        await SetAsync(Service(80, HostAddress));
        Assert.StartsWith("host fd83::", await NamedServer.AskAsync(client, Address, 80), StringComparison.Ordinal);
        Assert.Equal($"host {HostEnd}", await NamedServer.AskAsync(Host, Address, 80));
    }

    [Fact]
    public async Task A_client_that_is_kept_stays_while_others_come_and_go()
    {
        var (client, _) = await PodAsync("client");
        var addresses = new List<string>();
        foreach (var name in (string[])["a", "b", "c"])
        {
            addresses.Add((await ServerAsync(name)).Address);
        }

        await SetAsync(Service(80, [.. addresses]) with { AffinitySeconds = 60 }, Node(30080, [.. addresses]) with { AffinitySeconds = 60 });
        var first = Assert.Single(await AnswersAsync(client, Address, 80));
        var outside = Assert.Single(await AnswersAsync(Outside, HostAddress, 30080));

        // A new daemon keeps it; its own goes: it is led to another.
        await RestartAsync(Service(80, [.. addresses]) with { AffinitySeconds = 60 }, Node(30080, [.. addresses]) with { AffinitySeconds = 60 });
        Assert.Equal(first, Assert.Single(await AnswersAsync(client, Address, 80)));
        Assert.Equal(outside, Assert.Single(await AnswersAsync(Outside, HostAddress, 30080)));
        await SetAsync(Service(80, [.. addresses.Where((_, i) => i != first[0] - 'a')]) with { AffinitySeconds = 60 });
        Assert.NotEqual(first, Assert.Single(await AnswersAsync(client, Address, 80)));
        await SetAsync(Service(80, [.. addresses]));
        Assert.InRange((await AnswersAsync(client, Address, 80)).Count, 2, 3);
        Assert.DoesNotContain("sticky", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Udp_flows_follow_endpoints_and_others_are_left_alone()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await using var elsewhere = await NamedServer.StartAsync(Outside, "elsewhere", 30053, v6: true);
        using var flow = await UdpAsync(client);
        using var node = await UdpAsync(Outside);
        using var foreign = await UdpAsync(client);
        Assert.StartsWith("elsewhere", await NamedServer.AskUdpAsync(foreign, OutsideAddress, 30053), StringComparison.Ordinal);
        Assert.Equal("refused", await NamedServer.AskUdpAsync(flow, Address, 53));
        Assert.Equal("refused", await NamedServer.AskUdpAsync(node, HostAddress, 30053));
        foreach (var (targets, expected) in ((string[], string)[])[([a], "a"), ([a, b], "a"), ([b], "b")])
        {
            await SetAsync(Udp(targets), UdpNode(targets));
            Assert.StartsWith($"{expected} ", await NamedServer.AskUdpAsync(flow, Address, 53), StringComparison.Ordinal);
            Assert.Equal($"{expected} {OutsideAddress}", await NamedServer.AskUdpAsync(node, HostAddress, 30053));
        }

        await SetAsync();
        Assert.Equal("refused", await NamedServer.AskUdpAsync(flow, Address, 53));
        Assert.Equal("refused", await NamedServer.AskUdpAsync(node, HostAddress, 30053));
        Assert.StartsWith("elsewhere", await NamedServer.AskUdpAsync(foreign, OutsideAddress, 30053), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_balancer_s_address_leads_from_everywhere_and_keeps_out_whom_it_does_not_let_in()
    {
        const string balanced = "2001:db8::50";
        var (client, clientAddress) = await PodAsync("client");
        var (a, address) = await ServerAsync("a");
        await Host.ShAsync($"ip addr add {balanced}/128 dev lo; ip addr add {balanced}/128 dev up0 nodad");
        await using var own = await NamedServer.StartAsync(Host, "own", 22, v6: true);
        await SetAsync(Balanced(null, address));
        Assert.Equal($"a {OutsideAddress}", await NamedServer.AskAsync(Outside, balanced, 80));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, balanced, 80));
        Assert.Equal($"a {HostEnd}", await NamedServer.AskAsync(a, balanced, 80));
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, balanced, 22));
        Assert.Equal($"own {OutsideAddress}", await NamedServer.AskAsync(Outside, HostAddress, 22));

        await SetAsync(Balanced(["2001:db8:9::/48", "192.0.2.0/24"], address));
        Assert.Equal("silence", await NamedServer.AskAsync(Outside, balanced, 80, NamedServer.Silence));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, balanced, 80));
        var before = await TableAsync();
        await RestartAsync(Balanced(["2001:db8:9::/48", "192.0.2.0/24"], address));
        Assert.Equal(before, await TableAsync());
        await RestartAsync(Balanced(["2001:db8::/32", "2001:db8::2/128"], address));
        Assert.Equal($"a {OutsideAddress}", await NamedServer.AskAsync(Outside, balanced, 80));
        await SetAsync();
        Assert.DoesNotContain(balanced, await TableAsync(), StringComparison.Ordinal);

        FrontendTargets Balanced(string[]? sources, string target) => new(new(balanced, "TCP", 80), FrontendKind.Balancer, [To(target)], null)
        {
            Sources = sources is null ? null : [.. sources.Select(IPNetwork.Parse).Where(n => n.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6).Take(1)],
            IsForServicesAlone = true,
        };
    }

    [Fact]
    public async Task Both_families_of_a_port_are_led_each_to_its_own_and_a_new_daemon_changes_nothing()
    {
        var (client, _) = await PodAsync("client");
        var (pod, addresses) = await Machine.AttachAsync(Network, "both-0");
        Servers.Add(await NamedServer.StartAsync(pod, "four", 8080));
        Servers.Add(await NamedServer.StartAsync(pod, "six", 8081, v6: true));
        FrontendTargets[] both =
        [
            new(new("10.43.0.7", "TCP", 80), FrontendKind.ServiceAddress, [new(PackedAddress.Of(addresses.Addresses[0]), 8080)], null),
            new(new(Address, "TCP", 80), FrontendKind.ServiceAddress, [new(PackedAddress.Of(addresses.Addresses[1]), 8081)], null),
            new(new("0.0.0.0", "TCP", 30080), FrontendKind.NodePort, [new(PackedAddress.Of(addresses.Addresses[0]), 8080)], null),
            new(new("::", "TCP", 30080), FrontendKind.NodePort, [new(PackedAddress.Of(addresses.Addresses[1]), 8081)], null),
        ];
        await SetAsync(both);
        var before = await TableAsync();
        await RestartAsync(both);
        Assert.Equal(before, await TableAsync());
        Assert.StartsWith("four 10.83.", await NamedServer.AskAsync(client, "10.43.0.7", 80), StringComparison.Ordinal);
        Assert.StartsWith("six fd83::", await NamedServer.AskAsync(client, Address, 80), StringComparison.Ordinal);
        Assert.Equal("four 192.0.2.2", await NamedServer.AskAsync(Outside, "192.0.2.1", 30080));
        Assert.Equal($"six {OutsideAddress}", await NamedServer.AskAsync(Outside, HostAddress, 30080));
        await Network.StopAsync(remove: true, CancellationToken.None);
        // A link's own address, fe80::…, may have "fd" in its midst.
        Assert.DoesNotMatch(@"(?m)(^|\s)fd", await Host.ShAsync("ip -6 route show table all; ip -6 addr"));
    }

    /// <summary>The different answers to sixty questions.</summary>
    private static async Task<IReadOnlyList<string>> AnswersAsync(TestNamespace from, string address, int port) =>
        [.. (await ManyAsync(from, address, port, 60)).Distinct()];
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Insula.Network;
using Insula.Network.Services;
using Insula.SystemTests.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Services;

/// <summary>Connections through the kernel's maps: from pods, from the host, from outside, in namespaces that play them.</summary>
public sealed class ServicePlaneKernelTests : IAsyncLifetime
{
    private const string Address = "10.43.0.7";
    private const string HostAddress = "192.0.2.1";
    private readonly List<NamedServer> _servers = [];
    private TestHost _host = null!;
    private PodNetwork _network = null!;
    private ServicePlane _plane = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.CreateAsync();
        _network = await _host.StartAsync();
        _plane = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        await SetAsync(whole: true);
    }

    public async ValueTask DisposeAsync()
    {
        _plane.Dispose();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_Service_is_reached_from_pods_and_from_the_host_by_its_own_and_not_from_outside()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await SetAsync(Service(80, a, b));
        var answers = await ManyAsync(client, Address, 80, 60);
        Assert.Equal([$"a {clientAddress}", $"b {clientAddress}"], answers.Distinct().Order());
        Assert.Equal(["a 10.83.0.1", "b 10.83.0.1"], (await ManyAsync(_host.Host, Address, 80, 60)).Distinct().Order());
        Assert.Equal("silence", await NamedServer.AskAsync(_host.Outside, Address, 80, NamedServer.Silence));
    }

    [Fact]
    public async Task What_leads_nowhere_is_refused_at_once()
    {
        var (client, _) = await PodAsync("client");
        await SetAsync(Service(80), Node(30080));
        foreach (var from in (TestNamespace[])[client, _host.Host])
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal("refused", await NamedServer.AskAsync(from, Address, 80));
            Assert.Equal("refused", await NamedServer.AskAsync(from, "10.43.99.99", 1234));
            Assert.Equal("refused", await NamedServer.AskAsync(from, HostAddress, 30080));
            using var udp = await from.SocketAsync(SocketType.Dgram);
            Assert.Equal("refused", await NamedServer.AskUdpAsync(udp, Address, 53));
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
        }

        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, HostAddress, 30080));

        // A program of the host has the port for itself on the loopback, and not beyond it.
        await using var own = await NamedServer.StartAsync(_host.Host, "own", 30080);
        Assert.Equal("own 127.0.0.1", await NamedServer.AskAsync(_host.Host, "127.0.0.1", 30080));
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, HostAddress, 30080));
    }

    [Fact]
    public async Task A_node_port_is_reached_from_outside_and_shows_the_client_s_address()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        await SetAsync(Node(30080, a));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(_host.Outside, HostAddress, 30080));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, HostAddress, 30080));
        Assert.Equal($"a {HostAddress}", await NamedServer.AskAsync(_host.Host, HostAddress, 30080));
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Host, "127.0.0.1", 30080));

        // The door is for that port; the pod's own stays closed, and other machines' ports of the number are their own.
        Assert.Equal("silence", await NamedServer.AskAsync(_host.Outside, a, 8080, NamedServer.Silence));
        await using var elsewhere = await NamedServer.StartAsync(_host.Outside, "elsewhere", 30080);
        Assert.Equal($"elsewhere {HostAddress}", await NamedServer.AskAsync(client, "192.0.2.2", 30080));
        Assert.Equal($"elsewhere {HostAddress}", await NamedServer.AskAsync(_host.Host, "192.0.2.2", 30080));
        await SetAsync();
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, HostAddress, 30080));
        Assert.DoesNotContain("30080", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_is_led_to_itself_gets_its_answer()
    {
        var (a, address) = await ServerAsync("a");
        await SetAsync(Service(80, address), Node(30080, address));
        Assert.Equal("a 10.83.0.1", await NamedServer.AskAsync(a, Address, 80));
        Assert.Equal("a 10.83.0.1", await NamedServer.AskAsync(a, HostAddress, 30080));
        Assert.Contains(address, await TableAsync(), StringComparison.Ordinal);
        await SetAsync();
        Assert.DoesNotContain(address, await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_may_be_other_machines_and_the_host_itself()
    {
        var (client, _) = await PodAsync("client");
        await using var outside = await NamedServer.StartAsync(_host.Outside, "outside", 8080);
        await using var onHost = await NamedServer.StartAsync(_host.Host, "host", 8080);
        await SetAsync(Service(80, "192.0.2.2"), Service(81, HostAddress), Node(30080, "192.0.2.2"));
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(client, Address, 80));
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(_host.Host, Address, 80));
        Assert.StartsWith("host 10.83.", await NamedServer.AskAsync(client, Address, 81), StringComparison.Ordinal);
        Assert.Equal("host 10.83.0.1", await NamedServer.AskAsync(_host.Host, Address, 81));

        // From outside to outside: the way back leads by this machine, too.
        using var far = new TestNamespace();
        await _host.Outside.ShAsync($"ip link add far0 type veth peer name eth0 netns {far.Path}; ip addr add 198.51.100.1/24 dev far0; ip link set far0 up; sysctl -qw net.ipv4.ip_forward=1");
        await far.ShAsync("ip addr add 198.51.100.2/24 dev eth0; ip link set eth0 up; ip route add default via 198.51.100.1");
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(far, HostAddress, 30080));
    }

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
        var first = await NamedServer.AskAsync(_host.Outside, HostAddress, 30080);
        Assert.All(await ManyAsync(_host.Outside, HostAddress, 30080, 30), answer => Assert.Equal(first, answer));
    }

    [Fact]
    public async Task Udp_flows_follow_endpoints_and_others_are_left_alone()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await using var elsewhere = await NamedServer.StartAsync(_host.Outside, "elsewhere", 30053);
        using var flow = await client.SocketAsync(SocketType.Dgram);
        using var node = await _host.Outside.SocketAsync(SocketType.Dgram);
        using var foreign = await client.SocketAsync(SocketType.Dgram);
        Assert.StartsWith("elsewhere", await NamedServer.AskUdpAsync(foreign, "192.0.2.2", 30053), StringComparison.Ordinal);

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

    [Fact]
    public async Task A_new_daemon_interrupts_nothing_and_changes_nothing_that_is_right()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await SetAsync(Service(80, a, b), Node(30080, a));
        var before = await TableAsync();
        using var stop = new CancellationTokenSource();
        var asking = Task.Run(async () =>
        {
            var wrong = new List<string>();
            var count = 0;
            while (!stop.IsCancellationRequested)
            {
                var answer = await NamedServer.AskAsync(client, Address, 80);
                count++;
                if (answer[1] != ' ')
                {
                    wrong.Add(answer);
                }
            }

            return (count, wrong);
        });
        for (var i = 0; i < 3; i++)
        {
            await RestartAsync(Service(80, a, b), Node(30080, a));
        }

        await stop.CancelAsync();
        var (asked, failed) = await asking;
        Assert.Empty(failed);
        Assert.InRange(asked, 20, int.MaxValue);
        Assert.Equal(before, await TableAsync());

        // What changed while no daemon ran is made right, and what nobody knows goes.
        await StopAsync();
        await _host.Host.ShAsync($"nft add element inet insula endpoints16 '{{ 10.43.0.99 . tcp . 80 . 3 : {a} . 8080 }}'; nft add element inet insula node_ports '{{ tcp . 30099 }}'");
        await StartAsync(Service(80, b));
        Assert.Equal(["b"], (await ManyAsync(client, Address, 80, 30)).Select(x => x[..1]).Distinct());
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, HostAddress, 30080));
        var table = await TableAsync();
        Assert.DoesNotContain("10.43.0.99", table, StringComparison.Ordinal);
        Assert.DoesNotContain("30099", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Foreign_tables_are_not_touched()
    {
        await _host.Host.ShAsync("nft add table inet other; nft add map inet other endpoints16 '{ type ipv4_addr : inet_service; }'; nft add element inet other endpoints16 '{ 10.0.0.1 : 80 }'; nft add table ip nat; nft add chain ip nat PREROUTING '{ type nat hook prerouting priority dstnat; }'");
        var before = await _host.Host.ShAsync("nft list table inet other; nft list table ip nat");
        var (_, a) = await ServerAsync("a");
        await SetAsync(Service(80, a));
        await RestartAsync();
        Assert.Equal(before, await _host.Host.ShAsync("nft list table inet other; nft list table ip nat"));
    }

    [Fact]
    public async Task A_table_of_an_older_form_is_made_anew()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        await SetAsync(Service(80, a));
        _plane.Dispose();
        await _network.DisposeAsync();
        await _host.Host.ShAsync("nft delete table inet insula; nft add table inet insula; nft add set inet insula guarded '{ type inet_service; }'");
        _network = await _host.StartAsync();
        _plane = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        await SetAsync(whole: true, Service(80, a));
        Assert.StartsWith("a ", await NamedServer.AskAsync(client, Address, 80), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_ports_are_doors_of_all_addresses_or_of_one()
    {
        var (_, a) = await ServerAsync("a");
        await _host.Host.ShAsync("ip addr add 192.0.2.9/24 dev up0");
        await SetAsync(
            new FrontendTargets(new("0.0.0.0", "TCP", 8081), FrontendKind.HostPort, [To(a)], null),
            new FrontendTargets(new("192.0.2.9", "TCP", 8082), FrontendKind.HostPort, [To(a)], null));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(_host.Outside, HostAddress, 8081));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(_host.Outside, "192.0.2.9", 8082));
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, HostAddress, 8082));
        await SetAsync();
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, HostAddress, 8081));
        Assert.DoesNotContain("8082", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_balancer_s_address_leads_from_everywhere_and_keeps_out_whom_it_does_not_let_in()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (a, address) = await ServerAsync("a");
        await _host.Host.ShAsync("ip addr add 192.0.2.50/32 dev lo");
        await using var own = await NamedServer.StartAsync(_host.Host, "own", 22);
        await SetAsync(Balanced(null, address));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(_host.Outside, "192.0.2.50", 80));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, "192.0.2.50", 80));
        Assert.Equal("a 10.83.0.1", await NamedServer.AskAsync(a, "192.0.2.50", 80));
        Assert.Equal("a 192.0.2.50", await NamedServer.AskAsync(_host.Host, "192.0.2.50", 80));

        // At an address that is Services' alone nothing else of the machine is reached; the machine's own is as before.
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, "192.0.2.50", 22));
        Assert.Equal("own 192.0.2.2", await NamedServer.AskAsync(_host.Outside, HostAddress, 22));
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, HostAddress, 80));
        Assert.Equal("silence", await NamedServer.AskAsync(_host.Outside, address, 8080, NamedServer.Silence));

        // Networks within one another are one for the kernel.
        await SetAsync(Balanced(["203.0.113.0/24", "192.0.0.0/8", "192.0.2.2/32"], address));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(_host.Outside, "192.0.2.50", 80));
        using var going = await _host.Outside.TryConnectAsync(new IPEndPoint(IPAddress.Parse("192.0.2.50"), 80), TimeSpan.FromSeconds(5));
        Assert.NotNull(going);
        await SetAsync(Balanced(["203.0.113.0/24"], address));
        Assert.Equal("silence", await NamedServer.AskAsync(_host.Outside, "192.0.2.50", 80, NamedServer.Silence));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, "192.0.2.50", 80));
        var before = await TableAsync();
        await RestartAsync(Balanced(["203.0.113.0/24"], address));
        Assert.Equal(before, await TableAsync());
        await RestartAsync(Balanced(["192.0.2.2/32"], address));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(_host.Outside, "192.0.2.50", 80));

        // Without endpoints it refuses, and in the end nothing of it is left.
        await SetAsync(Balanced(null));
        Assert.Equal("refused", await NamedServer.AskAsync(_host.Outside, "192.0.2.50", 80));
        await SetAsync();
        Assert.DoesNotContain("192.0.2.50", await TableAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_balancer_may_send_on_what_is_not_this_machine_s_address()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        await _host.Outside.ShAsync($"ip route add 198.51.100.7/32 via {HostAddress}");
        await SetAsync(new FrontendTargets(new("198.51.100.7", "TCP", 80), FrontendKind.Balancer, [To(a)], 60));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(_host.Outside, "198.51.100.7", 80));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, "198.51.100.7", 80));
        Assert.Contains("192.0.2.2 . 198.51.100.7", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_that_want_a_port_the_second_gets_it_when_the_first_gives_it_up()
    {
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await ApplyAsync(false, ("one", [Node(30080, a)]));
        await ApplyAsync(false, ("two", [Node(30080, b)]));
        Assert.StartsWith("a ", await NamedServer.AskAsync(_host.Outside, HostAddress, 30080), StringComparison.Ordinal);
        await ApplyAsync(false, ("one", []));
        Assert.StartsWith("b ", await NamedServer.AskAsync(_host.Outside, HostAddress, 30080), StringComparison.Ordinal);
        await ApplyAsync(false, ("two", []));
        Assert.DoesNotContain("30080", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_change_among_thousands_costs_what_it_costs_among_few_and_all_of_them_are_led()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        var few = await MedianChangeAsync(a, b);
        var many = Enumerable.Range(0, 10_000).ToDictionary(
            i => $"s{i}", i => (IReadOnlyList<FrontendTargets>)[new(new($"10.43.{10 + (i / 250)}.{1 + (i % 250)}", "TCP", 80), FrontendKind.ServiceAddress, [To(a), To(b)], null)]);
        var watch = Stopwatch.StartNew();
        await _plane.ApplyAsync(many, whole: false, CancellationToken.None);
        var built = watch.Elapsed;
        await MedianChangeAsync(a, b);
        var change = await MedianChangeAsync(a, b);
        foreach (var address in (string[])["10.43.10.1", "10.43.30.77", "10.43.49.250"])
        {
            Assert.Matches("^[ab] ", await NamedServer.AskAsync(client, address, 80));
        }

        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture, $"10,000 Services built in {built.TotalMilliseconds:f0} ms; one change {few.TotalMilliseconds:f2} ms among few, {change.TotalMilliseconds:f2} ms among them"));

        // Shared machines are noisy: what grows with the number of Services would be a hundred times slower.
        Assert.InRange(change.TotalMilliseconds, 0, Math.Max(5, few.TotalMilliseconds * 5));
        watch.Restart();
        await RestartAsync();
        Assert.DoesNotContain("10.43.30.77", await TableAsync(), StringComparison.Ordinal);
    }

    private async Task<TimeSpan> MedianChangeAsync(string a, string b)
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < 101; i++)
        {
            var watch = Stopwatch.StartNew();
            await ApplyAsync(false, ("one", [Service(80, i % 2 == 0 ? [a] : [a, b])]));
            times.Add(watch.Elapsed);
        }

        return times.Order().ElementAt(50);
    }

    private static Target To(string address) => new(PackedAddress.Parse(address), 8080);

    private static FrontendTargets Service(int port, params string[] targets) => new(new(Address, "TCP", port), FrontendKind.ServiceAddress, [.. targets.Select(To)], null);

    private static FrontendTargets Sticky(int seconds, IReadOnlyList<string> targets) => Service(80, [.. targets]) with { AffinitySeconds = seconds };

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

    private static FrontendTargets Node(int port, params string[] targets) => new(new("0.0.0.0", "TCP", port), FrontendKind.NodePort, [.. targets.Select(To)], null);

    private static FrontendTargets Udp(params string[] targets) => new(new(Address, "UDP", 53), FrontendKind.ServiceAddress, [.. targets.Select(To)], null);

    private static FrontendTargets UdpNode(params string[] targets) => new(new("0.0.0.0", "UDP", 30053), FrontendKind.NodePort, [.. targets.Select(To)], null);

    private Task SetAsync(params FrontendTargets[] frontends) => SetAsync(false, frontends);

    private Task SetAsync(bool whole, params FrontendTargets[] frontends) => ApplyAsync(whole, ("one", frontends));

    private Task ApplyAsync(bool whole, params (string Owner, FrontendTargets[] Frontends)[] changes) =>
        _plane.ApplyAsync(changes.ToDictionary(c => c.Owner, c => (IReadOnlyList<FrontendTargets>)c.Frontends), whole, CancellationToken.None);

    /// <summary>A new daemon on what the old one left.</summary>
    private async Task RestartAsync(params FrontendTargets[] frontends)
    {
        await StopAsync();
        await StartAsync(frontends);
    }

    private async Task StopAsync()
    {
        _plane.Dispose();
        await _network.StopAsync(remove: false, CancellationToken.None);
        await _network.DisposeAsync();
    }

    private async Task StartAsync(params FrontendTargets[] frontends)
    {
        _network = await _host.StartAsync();
        _plane = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        await SetAsync(whole: true, frontends);
    }

    private async Task<(TestNamespace Pod, string Address)> PodAsync(string name)
    {
        var (pod, addresses) = await _host.AttachAsync(_network, $"{name}-0");
        return (pod, addresses.Primary.ToString());
    }

    private async Task<(TestNamespace Pod, string Address)> ServerAsync(string name)
    {
        var (pod, address) = await PodAsync(name);
        _servers.Add(await NamedServer.StartAsync(pod, name, 8080));
        return (pod, address);
    }

    private static async Task<IReadOnlyList<string>> ManyAsync(TestNamespace from, string address, int port, int count)
    {
        var answers = new List<string>();
        for (var i = 0; i < count; i++)
        {
            answers.Add(await NamedServer.AskAsync(from, address, port));
        }

        return answers;
    }

    private Task<string> TableAsync() => _host.Host.ShAsync("nft list table inet insula");

    private async Task<string> FlowsAsync(string address, int port) =>
        (await _host.Host.ShAsync($"grep -c 'dst={address} .*dport={port}' /proc/net/nf_conntrack || true")).Trim();
}

using System.Diagnostics;
using System.Globalization;
using Insula.Network.Services;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>Connections through the kernel's maps: from pods, from the host, from outside, in namespaces that play them.</summary>
public sealed class ServicePlaneKernelTests() : ServicePlaneWorld(v6: false)
{
    [Fact]
    public async Task A_Service_is_reached_from_pods_and_from_the_host_by_its_own_and_not_from_outside()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await SetAsync(Service(80, a, b));
        var answers = await ManyAsync(client, Address, 80, 60);
        Assert.Equal([$"a {clientAddress}", $"b {clientAddress}"], answers.Distinct().Order());
        Assert.Equal(["a 10.83.0.1", "b 10.83.0.1"], (await ManyAsync(Host, Address, 80, 60)).Distinct().Order());
        Assert.Equal("silence", await NamedServer.AskAsync(Outside, Address, 80, NamedServer.Silence));
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
            Assert.Equal("refused", await NamedServer.AskAsync(from, "10.43.99.99", 1234));
            Assert.Equal("refused", await NamedServer.AskAsync(from, HostAddress, 30080));
            using var udp = await UdpAsync(from);
            Assert.Equal("refused", await NamedServer.AskUdpAsync(udp, Address, 53));
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
        }

        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 30080));

        // A program of the host has the port for itself on the loopback, and not beyond it.
        await using var own = await NamedServer.StartAsync(Host, "own", 30080);
        Assert.Equal("own 127.0.0.1", await NamedServer.AskAsync(Host, "127.0.0.1", 30080));
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 30080));
    }

    [Fact]
    public async Task A_node_port_is_reached_from_outside_and_shows_the_client_s_address()
    {
        var (client, clientAddress) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        await SetAsync(Node(30080, a));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(Outside, HostAddress, 30080));
        Assert.Equal($"a {clientAddress}", await NamedServer.AskAsync(client, HostAddress, 30080));
        Assert.Equal($"a {HostAddress}", await NamedServer.AskAsync(Host, HostAddress, 30080));
        Assert.Equal("refused", await NamedServer.AskAsync(Host, "127.0.0.1", 30080));

        // The door is for that port; the pod's own stays closed, and other machines' ports of the number are their own.
        Assert.Equal("silence", await NamedServer.AskAsync(Outside, a, 8080, NamedServer.Silence));
        await using var elsewhere = await NamedServer.StartAsync(Outside, "elsewhere", 30080);
        Assert.Equal($"elsewhere {HostAddress}", await NamedServer.AskAsync(client, "192.0.2.2", 30080));
        Assert.Equal($"elsewhere {HostAddress}", await NamedServer.AskAsync(Host, "192.0.2.2", 30080));
        await SetAsync();
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 30080));
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
        await using var outside = await NamedServer.StartAsync(Outside, "outside", 8080);
        await using var onHost = await NamedServer.StartAsync(Host, "host", 8080);
        await SetAsync(Service(80, "192.0.2.2"), Service(81, HostAddress), Node(30080, "192.0.2.2"));
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(client, Address, 80));
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(Host, Address, 80));
        Assert.StartsWith("host 10.83.", await NamedServer.AskAsync(client, Address, 81), StringComparison.Ordinal);
        Assert.Equal("host 10.83.0.1", await NamedServer.AskAsync(Host, Address, 81));

        // From outside to outside: the way back leads by this machine, too.
        using var far = new TestNamespace();
        await Outside.ShAsync($"ip link add far0 type veth peer name eth0 netns {far.Path}; ip addr add 198.51.100.1/24 dev far0; ip link set far0 up; sysctl -qw net.ipv4.ip_forward=1");
        await far.ShAsync("ip addr add 198.51.100.2/24 dev eth0; ip link set eth0 up; ip route add default via 198.51.100.1");
        Assert.Equal($"outside {HostAddress}", await NamedServer.AskAsync(far, HostAddress, 30080));
    }

    [Fact]
    public async Task Host_ports_are_doors_of_all_addresses_or_of_one()
    {
        var (_, a) = await ServerAsync("a");
        await Host.ShAsync("ip addr add 192.0.2.9/24 dev up0");
        await SetAsync(
            new FrontendTargets(new("0.0.0.0", "TCP", 8081), FrontendKind.HostPort, [To(a)], null),
            new FrontendTargets(new("192.0.2.9", "TCP", 8082), FrontendKind.HostPort, [To(a)], null));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(Outside, HostAddress, 8081));
        Assert.Equal("a 192.0.2.2", await NamedServer.AskAsync(Outside, "192.0.2.9", 8082));
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 8082));
        await SetAsync();
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 8081));
        Assert.DoesNotContain("8082", await TableAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_that_want_a_port_the_second_gets_it_when_the_first_gives_it_up()
    {
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await ApplyAsync(false, ("one", [Node(30080, a)]));
        await ApplyAsync(false, ("two", [Node(30080, b)]));
        Assert.StartsWith("a ", await NamedServer.AskAsync(Outside, HostAddress, 30080), StringComparison.Ordinal);
        await ApplyAsync(false, ("one", []));
        Assert.StartsWith("b ", await NamedServer.AskAsync(Outside, HostAddress, 30080), StringComparison.Ordinal);
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
        await Plane.ApplyAsync(many, whole: false, CancellationToken.None);
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
}

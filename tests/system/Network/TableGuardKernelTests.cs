using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Policies;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Network.Services;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Policies;
using Insula.SystemTests.Services;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Network;

/// <summary>Somebody else takes the table away, or something of it: it is put back, and nothing that was kept out is in afterwards.</summary>
public sealed class TableGuardKernelTests : IAsyncLifetime
{
    private const string ServiceAddress = "10.43.0.7";
    private const string HostAddress = "192.0.2.1";
    private const string Flush = "nft flush ruleset";
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly ConcurrentQueue<string> _told = [];
    private TestHost _host = null!;
    private PodNetwork _network = null!;
    private ServicePlane _services = null!;
    private PolicyPlane _policies = null!;
    private TestNamespace _client = null!;
    private TestNamespace _guarded = null!;
    private string _server = "";
    private string _guardedAddress = "";

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.CreateAsync();
        _network = await _host.StartAsync(new NetworkOptions { RunDirectory = "", PodRangeV6 = IPNetwork.Parse("fd83::/64") });
        _network.Tampered = _told.Enqueue;
        _services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        _policies = new PolicyPlane(_network, insulated: false);
        (_client, _) = await PodAsync("client");
        (var server, _server) = await PodAsync("server");
        (_guarded, _guardedAddress) = await PodAsync("guarded");
        _servers.Add(await NamedServer.StartAsync(server, "server", 8080));
        _servers.Add(await NamedServer.StartAsync(_guarded, "guarded", 8080));
        await LoadAsync();
        await AssertWholeAsync("at the beginning");
    }

    public async ValueTask DisposeAsync()
    {
        _services.Dispose();
        _policies.Dispose();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(Flush, "deleted the nftables table insula")]
    [InlineData("nft delete table inet insula", "deleted the nftables table insula")]
    [InlineData("nft flush table inet insula", "changed the nftables table insula")]
    [InlineData("nft flush chain inet insula forward", "changed the nftables table insula: forward")]
    [InlineData("nft flush chain inet insula to_service", "changed the nftables table insula: to_service")]
    [InlineData("nft flush chain inet insula policy_refused", "changed the nftables table insula: policy_refused")]
    [InlineData("nft insert rule inet insula forward accept", "changed the nftables table insula: forward")]
    [InlineData("nft flush map inet insula endpoints16", "changed the nftables table insula: endpoints16")]
    [InlineData("nft delete element inet insula node_ports '{ tcp . 30080 }'", "changed the nftables table insula: node_ports")]
    [InlineData("nft flush map inet insula policies_of_in", "changed the nftables table insula: policies_of_in")]
    [InlineData("nft add table inet insula '{ flags dormant; }'", "changed the nftables table insula")]
    [InlineData("nft flush chain inet insula policies; nft flush chain inet insula prerouting; nft delete chain inet insula prerouting", "changed the nftables table insula: policies")]
    [InlineData("nft 'flush ruleset; add table inet insula; add set inet insula guarded { type inet_service; }'", "deleted the nftables table insula")]
    [InlineData("nft add chain inet insula closed_from_pods", "changed the nftables table insula: closed_from_pods")]
    public async Task What_somebody_else_does_to_the_table_is_undone_and_said(string command, string said)
    {
        var skeleton = await SkeletonAsync();
        await _host.Host.ShAsync(command);
        var what = await Eventually.GetAsync(() => Task.FromResult(_told.FirstOrDefault()), w => w is not null, "somebody is told of");
        Assert.StartsWith("nft (process ", what, StringComparison.Ordinal);
        Assert.Contains(said, what, StringComparison.Ordinal);
        await RestoredAsync();
        await AssertWholeAsync($"after {command}");
        Assert.Equal(skeleton, await SkeletonAsync());
    }

    [Fact]
    public async Task Its_own_changes_and_those_of_other_tables_are_not_taken_for_somebody_else_s()
    {
        for (var i = 0; i < 50; i++)
        {
            await ApplyServicesAsync(whole: false, new FrontendTargets(new(ServiceAddress, "TCP", (ushort)(1000 + i)), FrontendKind.ServiceAddress, [], null));
            await PutPolicyAsync($$$$"""{"podSelector":{"matchLabels":{"name":"other{{{{i}}}}"}}}""");
        }

        // The table is written once more for a link that comes, by a child.
        await _host.Host.ShAsync("ip link add lan0 type veth peer name lan1; nft add table inet other; nft add table ip insula; nft add chain ip insula forward; nft flush table ip insula");
        await Eventually.TrueAsync(async () => (await SkeletonAsync()).Contains("\"lan1\"", StringComparison.Ordinal), "the new links are guarded");
        await _host.Host.ShAsync("nft add chain inet insula strange");
        await Eventually.TrueAsync(() => !_told.IsEmpty, "somebody is told of");
        Assert.Contains("strange", Assert.Single(_told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_begun_while_nothing_kept_it_out_does_not_go_on()
    {
        // Foreign rules that track connections: what comes through in between is known to the kernel as a connection.
        const string tracking = "nft 'add table inet other; add chain inet other seen { type filter hook prerouting priority 0; }; add rule inet other seen ct state new accept'";
        using var listener = await _guarded.ListenAsync(IPAddress.Any, 9000);
        var accepted = new ConcurrentQueue<Socket>();
        using var ending = new CancellationTokenSource();
        var accepting = Task.Run(async () =>
        {
            while (true)
            {
                accepted.Enqueue(await listener.AcceptAsync(ending.Token));
            }
        });
        var through = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            await _host.Host.ShAsync($"{Flush}; {tracking}");
            foreach (var from in (TestNamespace[])[_client, _host.Outside])
            {
                if (await from.TryConnectAsync(new IPEndPoint(IPAddress.Parse(_guardedAddress), 9000), TimeSpan.FromMilliseconds(50)) is { } open)
                {
                    through.Add(open);
                }
            }
        }

        await RestoredAsync();
        await AssertWholeAsync("after all that");
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{through.Count} connections were begun in 20 gaps"));
        foreach (var open in through)
        {
            Assert.False(await SendsAsync(open, accepted), "a connection that was begun in a gap goes on");
            open.Dispose();
        }

        await ending.CancelAsync();
        await accepting.ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var socket in accepted)
        {
            socket.Dispose();
        }
    }

    [Fact]
    public async Task A_connection_from_outside_that_the_kernel_knows_as_established_ends()
    {
        // Nobody puts the table back for as long as it takes: a daemon that is away.
        using var listener = await _guarded.ListenAsync(IPAddress.Any, 9000);
        _services.Dispose();
        _policies.Dispose();
        await _network.DisposeAsync();
        await _host.Host.ShAsync($"{Flush}; nft 'add table inet other; add chain inet other seen {{ type filter hook prerouting priority 0; }}; add rule inet other seen ct state new accept'");
        using var open = await _host.Outside.TryConnectAsync(new IPEndPoint(IPAddress.Parse(_guardedAddress), 9000), TimeSpan.FromSeconds(10));
        Assert.NotNull(open);
        using var inside = await listener.AcceptAsync();
        Assert.True(await PassesAsync(open, inside), "nothing keeps it out");

        _network = await _host.StartAsync(new NetworkOptions { RunDirectory = "", PodRangeV6 = IPNetwork.Parse("fd83::/64") });
        _services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        _policies = new PolicyPlane(_network, insulated: false);
        await _policies.AdmitAsync("guarded", Pod("guarded", IPAddress.Parse(_guardedAddress)), CancellationToken.None);
        await LoadAsync();
        await _host.Host.ShAsync("nft flush chain inet insula forward");
        await Eventually.TrueAsync(async () => !(await _host.Host.ShAsync("cat /proc/net/nf_conntrack")).Contains("dport=9000", StringComparison.Ordinal), "the kernel has forgotten it");
        await RestoredAsync();
        Assert.False(await PassesAsync(open, inside), "it goes on after the table was put back");
    }

    [Fact]
    public async Task Somebody_who_does_it_all_the_time_does_not_win_in_the_end()
    {
        await _host.Host.ShAsync("for i in $(seq 100); do nft flush ruleset; sleep 0.02; done");
        await RestoredAsync();
        await AssertWholeAsync("after a hundred times");
        Assert.InRange(_told.Count, 1, 100);

        // And is answered at once when it happens again after a while of peace.
        await AssertOpenSoonAsync();
    }

    [Fact]
    public async Task What_cannot_be_read_for_its_amount_is_looked_at()
    {
        // More is told of this transaction than the daemon's queue holds; that the table is gone is at its end.
        var elements = Path.Combine(_host.Directory, "elements");
        var many = Enumerable.Range(0, 800).Select(
            block => $"add element inet other many {{ {string.Join(", ", Enumerable.Range(1, 250).Select(i => $"10.{block / 200}.{block % 200}.{i}"))} }}\n");
        await File.WriteAllTextAsync(elements, $"add table inet other\nadd set inet other many {{ type ipv4_addr; }}\n{string.Concat(many)}delete table inet insula\n");
        await _host.Host.ShAsync($"nft -f {elements}");
        await RestoredAsync();
        await AssertWholeAsync("after more than could be read");
    }

    [Fact]
    public async Task A_daemon_that_ended_in_the_middle_leaves_pods_cut_off_until_the_next_has_written_everything()
    {
        _services.Dispose();
        _policies.Dispose();
        await _network.DisposeAsync();
        await _host.Host.ShAsync("""
            nft 'flush ruleset; add table inet insula; add chain inet insula closed_from_pods { type filter hook prerouting priority -310; }; add rule inet insula closed_from_pods iifname "iv000000*" drop;
                 add chain inet insula closed_to_pods { type filter hook forward priority -310; }; add rule inet insula closed_to_pods oifname "iv000000*" drop'
            """);
        _network = _host.NewNetwork(new NetworkOptions { RunDirectory = "", PodRangeV6 = IPNetwork.Parse("fd83::/64") });
        _policies = new PolicyPlane(_network, insulated: false);
        _services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        await _network.StartAsync(CancellationToken.None);
        await _policies.AdmitAsync("guarded", Pod("guarded", IPAddress.Parse(_guardedAddress)), CancellationToken.None);
        Assert.Equal("silence", await NamedServer.AskAsync(_client, _guardedAddress, 8080, NamedServer.Silence));
        Target[] to = [new(PackedAddress.Parse(_server), 8080)];
        await ApplyServicesAsync(whole: true, new FrontendTargets(new(ServiceAddress, "TCP", 80), FrontendKind.ServiceAddress, to, null));
        Assert.Equal("silence", await NamedServer.AskAsync(_client, _guardedAddress, 8080, NamedServer.Silence));
        await PutPolicyAsync("""{"podSelector":{"matchLabels":{"name":"guarded"}},"ingress":[]}""", whole: true);
        await RestoredAsync();
        Assert.Equal("unreachable", await NamedServer.AskAsync(_client, _guardedAddress, 8080));
        Assert.StartsWith("server ", await NamedServer.AskAsync(_client, ServiceAddress, 80), StringComparison.Ordinal);
    }

    private async Task LoadAsync()
    {
        Target[] to = [new(PackedAddress.Parse(_server), 8080)];
        await ApplyServicesAsync(whole: true, new FrontendTargets(new(ServiceAddress, "TCP", 80), FrontendKind.ServiceAddress, to, null), new(new("0.0.0.0", "TCP", 30080), FrontendKind.NodePort, to, null),
            new(new("0.0.0.0", "TCP", 8081), FrontendKind.HostPort, to, null), new(new(ServiceAddress, "UDP", 53), FrontendKind.ServiceAddress, to, null));
        await PutPolicyAsync("""{"podSelector":{"matchLabels":{"name":"guarded"}},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"name":"server"}}}]}]}""", whole: true);
    }

    private async Task AssertOpenSoonAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        await _host.Host.ShAsync(Flush);
        await RestoredAsync();
        await AssertWholeAsync("after once more");
    }

    private async Task AssertWholeAsync(string when)
    {
        Assert.Equal((when, "server"), (when, await FirstWordAsync(_client, ServiceAddress, 80)));
        Assert.Equal((when, "server"), (when, await FirstWordAsync(_host.Host, ServiceAddress, 80)));
        Assert.Equal((when, "server"), (when, await FirstWordAsync(_host.Outside, HostAddress, 30080)));
        Assert.Equal((when, "server"), (when, await FirstWordAsync(_host.Outside, HostAddress, 8081)));
        using var udp = await _client.SocketAsync(SocketType.Dgram);
        Assert.Equal((when, "server"), (when, (await NamedServer.AskUdpAsync(udp, ServiceAddress, 53)).Split(' ')[0]));
        Assert.Equal((when, "unreachable"), (when, await FirstWordAsync(_client, _guardedAddress, 8080)));
        Assert.Equal((when, "refused"), (when, await FirstWordAsync(_client, "10.43.99.99", 80)));
        Assert.Equal((when, "silence"), (when, await NamedServer.AskAsync(_host.Outside, _server, 8080, NamedServer.Silence)));
    }

    private static async Task<string> FirstWordAsync(TestNamespace from, string address, int port) => (await NamedServer.AskAsync(from, address, port)).Split(' ')[0];

    /// <summary>Waits until what was noticed has been put right: nobody is cut off, and all is there.</summary>
    private Task RestoredAsync() => Eventually.TrueAsync(
        async () =>
        {
            var table = await _host.Host.ShAsync("nft list ruleset");
            return !table.Contains("closed_", StringComparison.Ordinal) && table.Contains($"{_server} . 8080", StringComparison.Ordinal) && table.Contains("policy_in_", StringComparison.Ordinal)
                && table.Contains("chain prerouting", StringComparison.Ordinal) && !table.Contains("dormant", StringComparison.Ordinal);
        },
        "the table is whole and nobody is cut off");

    /// <summary>The table without what is in its sets, which is chosen anew.</summary>
    private async Task<string> SkeletonAsync() =>
        string.Join('\n', (await _host.Host.ShAsync("nft -s list table inet insula")).Split('\n').Select(l => l.TrimEnd())
            .Where(l => !System.Text.RegularExpressions.Regex.IsMatch(l, @"^\s+((elements = \{ )?\d+\.\d+\.\d+\.\d+ \. |policy_|(jump|goto) policy_|\d)")).Order(StringComparer.Ordinal));

    private static async Task<bool> SendsAsync(Socket open, ConcurrentQueue<Socket> accepted)
    {
        var at = (IPEndPoint)open.LocalEndPoint!;
        var inside = accepted.FirstOrDefault(s => ((IPEndPoint)s.RemoteEndPoint!).Equals(at));
        return inside is not null && await PassesAsync(open, inside);
    }

    private static async Task<bool> PassesAsync(Socket from, Socket to)
    {
        using var limit = new CancellationTokenSource(NamedServer.Silence);
        try
        {
            await from.SendAsync(new byte[1], limit.Token);
            return await to.ReceiveAsync(new byte[1], limit.Token) == 1;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private Task ApplyServicesAsync(bool whole, params FrontendTargets[] frontends) => _services.ApplyAsync(
        new Dictionary<string, IReadOnlyList<FrontendTargets>> { [whole ? "one" : "other"] = frontends }, whole, CancellationToken.None);

    private Task PutPolicyAsync(string spec, bool whole = false)
    {
        var changes = new PolicyChanges();
        changes.Policies[whole ? "x/policy" : "x/other"] = ApiJson.Read<NetworkPolicy>(NetworkPolicyDefaults.Apply(new System.Text.Json.Nodes.JsonObject
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = whole ? "policy" : "other", ["namespace"] = "x", ["uid"] = Guid.NewGuid().ToString() },
            ["spec"] = System.Text.Json.Nodes.JsonNode.Parse(spec),
        }));
        return _policies.ApplyAsync(changes, whole, CancellationToken.None);
    }

    private async Task<(TestNamespace Pod, string Address)> PodAsync(string name)
    {
        var (space, addresses) = await _host.AttachAsync(_network, $"{name}-0");
        await _policies.AdmitAsync(name, Pod(name, [.. addresses.Addresses]), CancellationToken.None);
        return (space, addresses.Primary.ToString());
    }

    private static PolicyPod Pod(string name, params IPAddress[] addresses) => PolicyPod.Of(
        new Pod { Metadata = new ObjectMeta { Name = name, Namespace = "x", Uid = name, Labels = new Dictionary<string, string> { ["name"] = name } } }, addresses);
}

using System.Net;
using System.Net.Sockets;
using Insula.Network;
using Insula.Network.Firewall;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>What a daemon does to its host: claims, restarts, neighbours of the same kind, foreign firewalls, and leaving nothing.</summary>
public sealed class NetworkInstanceKernelTests
{
    [Fact]
    public async Task A_new_daemon_takes_over_with_connections_running()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork old = await host.StartAsync();
        (TestNamespace pod, PodAddresses addresses) = await host.AttachAsync(old, "a-0");
        await host.AttachAsync(old, "dead-0");
        using Socket outside = await host.Outside.ListenAsync(TestHost.OutsideAddress);
        using Socket? client = await pod.TryConnectAsync(outside.LocalEndPoint!, TimeSpan.FromSeconds(5));
        Assert.NotNull(client);
        using Socket server = await outside.AcceptAsync();
        await old.DisposeAsync();
        await host.Host.ShAsync("ip link add iv000000fffffff type veth peer name half");

        PodNetwork fresh = await host.StartAsync();
        Assert.Equal(addresses.Addresses, fresh.Find("a-0")?.Addresses);
        Assert.DoesNotContain("iv000000fffffff", await host.Host.ShAsync("ip -o link"), StringComparison.Ordinal);
        await client.SendAsync(new byte[] { 7 });
        byte[] received = new byte[1];
        Assert.Equal(1, await server.ReceiveAsync(received).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(7, received[0]);

        await fresh.ReconcileAsync(new HashSet<string> { "a-0" }, CancellationToken.None);
        Assert.Null(fresh.Find("dead-0"));
        Assert.DoesNotContain("dead-0", await host.Host.ShAsync("ip link"), StringComparison.Ordinal);
        (_, PodAddresses next) = await host.AttachAsync(fresh, "b-0");
        Assert.NotEqual(addresses.Primary, next.Primary);
    }

    [Fact]
    public async Task Removal_gives_the_host_back_as_it_was()
    {
        await using TestHost host = await TestHost.CreateAsync();
        const string State = "ip -o link; ip addr; ip route; ip neigh; nft list ruleset; grep -r . /proc/sys/net/ipv4/conf/*/forwarding /proc/sys/net/ipv4/ip_forward";
        await host.Host.ShAsync("ip route get 192.0.2.2");
        string before = await host.Host.ShAsync(State);
        Assert.Equal("0", (await host.ForwardingAsync("up0")).Trim());
        PodNetwork network = await host.StartAsync();
        Assert.Equal("1", (await host.ForwardingAsync("up0")).Trim());
        Assert.Equal("0", (await host.ForwardingAsync("all")).Trim());
        Assert.True(File.Exists(Path.Combine(host.Directory, "run", "host-settings.json")));
        await host.AttachAsync(network, "a-0");
        await network.StopAsync(remove: true, CancellationToken.None);
        Assert.Equal(before, await host.Host.ShAsync(State));
        Assert.False(File.Exists(Path.Combine(host.Directory, "run", "host-settings.json")));
    }

    [Fact]
    public async Task A_range_the_host_routes_is_refused_or_passed_over()
    {
        await using TestHost host = await TestHost.CreateAsync();
        await host.Host.ShAsync("ip route add 10.83.7.0/24 via 192.0.2.2");
        NetworkException refusal = await Assert.ThrowsAsync<NetworkException>(() => host.StartAsync(
            new NetworkOptions { RunDirectory = "", PodRange = NetworkOptions.DefaultPodRange }));
        Assert.Contains("10.83.0.0/16 overlaps with 10.83.7.0/24", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("up0", refusal.Message, StringComparison.Ordinal);
        PodNetwork chosen = await host.StartAsync();
        Assert.Equal("10.84.0.0/16", chosen.PodRange.ToString());
    }

    [Fact]
    public async Task Two_daemons_share_a_host_without_meeting()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork first = await host.StartAsync();
        PodNetwork second = await host.StartAsync(new NetworkOptions { RunDirectory = "", InstanceTag = "abcdef" });
        Assert.NotEqual(first.PodRange, second.PodRange);
        (TestNamespace a, PodAddresses addressesA) = await host.AttachAsync(first, "a-0");
        (TestNamespace b, _) = await host.AttachAsync(second, "b-0");
        using Socket outside = await host.Outside.ListenAsync(TestHost.OutsideAddress);
        using Socket inA = await a.ListenAsync(addressesA.Primary);
        await a.ConnectAsync(outside);
        await b.ConnectAsync(outside);
        Assert.Null(await b.TryConnectAsync(inA.LocalEndPoint!, TimeSpan.FromMilliseconds(700)));

        // The first switched forwarding on and takes it back; the second notices and does it for itself.
        await first.StopAsync(remove: true, CancellationToken.None);
        await Eventually.TrueAsync(async () => (await host.ForwardingAsync("up0")).Trim() == "1", "the other daemon switches forwarding on");
        await b.ConnectAsync(outside);
        Assert.DoesNotContain("table inet insula {", await host.Host.ShAsync("nft list tables; nft list ruleset"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_host_becomes_a_router_only_when_told_to(bool allow)
    {
        await using TestHost host = await TestHost.CreateAsync();
        await host.StartAsync(new NetworkOptions { RunDirectory = "", AllowForeignForwarding = allow });
        using TestNamespace lan = new();

        // A link that comes after the start forwards, too, and is guarded as the others are.
        await host.Host.ShAsync($"ip link add lan0 type veth peer name eth0 netns {lan.Path}; ip addr add 203.0.113.1/24 dev lan0; ip link set lan0 up");
        await lan.ShAsync("ip addr add 203.0.113.2/24 dev eth0; ip link set eth0 up; ip route add default via 203.0.113.1");
        await host.Outside.ShAsync("ip route add 203.0.113.0/24 via 192.0.2.1");
        await Eventually.TrueAsync(async () => (await host.ForwardingAsync("lan0")).Trim() == "1", "the new link forwards");
        using Socket outside = await host.Outside.ListenAsync(TestHost.OutsideAddress);
        using Socket? through = await lan.TryConnectAsync(outside.LocalEndPoint!, allow ? TimeSpan.FromSeconds(5) : TimeSpan.FromMilliseconds(700));
        Assert.Equal(allow, through is not null);
    }

    [Fact]
    public async Task The_forward_check_passes_on_a_free_host_and_leaves_nothing()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        ForwardCheck check = await new HostFirewall(network).CheckForwardAsync(CancellationToken.None);
        Assert.True(check.Passes, check.Message);
        Assert.DoesNotContain("iv0", await host.Host.ShAsync("ip -o link"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("table ip filter {\nchain FORWARD {\ntype filter hook forward priority 0; policy drop;\n}\n}\n", "filter", "FORWARD")]
    [InlineData("table inet strict {\nchain deny {\ncounter reject\n}\nchain fence {\ntype filter hook forward priority 10; policy accept;\nct state new jump deny\n}\n}\n", "strict", "deny")]
    public async Task A_foreign_drop_is_found_named_and_its_cure_works(string table, string name, string chain)
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        await host.Host.ShAsync($"printf '%s' '{table}' | nft -f -");
        string foreign = await host.Host.ShAsync("nft -s list ruleset");
        ForwardCheck check = await new HostFirewall(network).CheckForwardAsync(CancellationToken.None);
        Assert.Equal(["icmp", "udp", "tcp"], check.Lost);
        Assert.Equal((name, chain), (check.Suspects[0].Table, check.Suspects[0].Chain));
        Assert.Contains(check.Suspects[0].Command, check.Message, StringComparison.Ordinal);
        Assert.Equal(foreign, await host.Host.ShAsync("nft -s list ruleset"));

        await host.Host.ShAsync(check.Suspects[0].Command);
        ForwardCheck cured = await new HostFirewall(network).CheckForwardAsync(CancellationToken.None);
        Assert.True(cured.Passes, cured.Message);
    }

    [Fact]
    public async Task A_missing_nft_says_what_to_install()
    {
        await using TestHost host = await TestHost.CreateAsync();
        NetworkException missing = await Assert.ThrowsAsync<NetworkException>(() => host.StartAsync(new NetworkOptions { RunDirectory = "", NftProgram = "/nowhere/nft" }));
        Assert.Contains("install the package nftables", missing.Message, StringComparison.Ordinal);
        Assert.Equal("0", (await host.ForwardingAsync("up0")).Trim());
        Assert.DoesNotContain("10.83", await host.Host.ShAsync("ip addr; ip route"), StringComparison.Ordinal);
    }
}

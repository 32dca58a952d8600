using System.Net;
using System.Net.Sockets;
using Insula.Network;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>The pod network on the real kernel, in a namespace that plays the host.</summary>
public sealed class PodNetworkKernelTests
{
    private static readonly TimeSpan _silence = TimeSpan.FromMilliseconds(700);

    [Fact]
    public async Task Pods_and_host_reach_each_other()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        (TestNamespace a, PodAddresses addressesA) = await host.AttachAsync(network, "a-0");
        (TestNamespace b, PodAddresses addressesB) = await host.AttachAsync(network, "b-0");
        Assert.Equal("10.83.0.2", addressesA.Primary.ToString());
        Assert.Equal("10.83.0.3", addressesB.Primary.ToString());
        Assert.Equal([TestHost.HostAddress], network.HostAddresses);
        Assert.Same(addressesA, network.Find("a-0"));

        using Socket inB = await b.ListenAsync(addressesB.Primary);
        using Socket onHost = await host.Host.ListenAsync(IPAddress.Any);
        using Socket loopback = await a.ListenAsync(IPAddress.Loopback);
        Assert.Equal(addressesA.Primary, await a.ConnectAsync(inB));
        Assert.Equal("10.83.0.1", (await host.Host.ConnectAsync(inB)).ToString());
        Assert.Equal(addressesA.Primary, await a.ConnectAsync(onHost, TestHost.HostAddress));
        Assert.Equal(addressesA.Primary, await a.ConnectAsync(onHost, IPAddress.Parse("10.83.0.1")));
        Assert.Equal(IPAddress.Loopback, await a.ConnectAsync(loopback));
    }

    [Fact]
    public async Task Nothing_is_waited_for_at_the_start()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        await host.AttachAsync(network, "warm-0");
        (TestNamespace pod, _) = await host.AttachAsync(network, "a-0");
        string neighbours = await pod.ShAsync("ip neigh show dev eth0");
        Assert.Contains("169.254.1.1", neighbours, StringComparison.Ordinal);
        Assert.Contains("PERMANENT", neighbours, StringComparison.Ordinal);
        Assert.DoesNotContain("tentative", await pod.ShAsync("ip addr"), StringComparison.Ordinal);
        Assert.Contains("default via 169.254.1.1 dev eth0", await pod.ShAsync("ip route"), StringComparison.Ordinal);
        Assert.Contains("10.83.0.3", await host.Host.ShAsync("ip neigh show nud permanent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_reach_the_outside_behind_the_hosts_address()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        (TestNamespace pod, _) = await host.AttachAsync(network, "a-0");
        using Socket outside = await host.Outside.ListenAsync(TestHost.OutsideAddress);
        Assert.Equal(TestHost.HostAddress, await pod.ConnectAsync(outside));
    }

    [Fact]
    public async Task Nothing_outside_reaches_a_pod_nor_the_hosts_address_among_the_pods()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        (TestNamespace pod, PodAddresses addresses) = await host.AttachAsync(network, "a-0");
        using Socket inPod = await pod.ListenAsync(addresses.Primary);
        using Socket onHost = await host.Host.ListenAsync(IPAddress.Any);
        int port = ((IPEndPoint)onHost.LocalEndPoint!).Port;
        Assert.Null(await host.Outside.TryConnectAsync(inPod.LocalEndPoint!, _silence));
        Assert.Null(await host.Outside.TryConnectAsync(new IPEndPoint(IPAddress.Parse("10.83.0.1"), port), _silence));

        // The way itself is open: it is the table that closes it.
        using Socket? allowed = await host.Outside.TryConnectAsync(new IPEndPoint(TestHost.HostAddress, port), TimeSpan.FromSeconds(5));
        Assert.NotNull(allowed);

        // Nobody is there to put it back.
        await network.DisposeAsync();
        await host.Host.ShAsync("nft delete table inet insula");
        using Socket? open = await host.Outside.TryConnectAsync(inPod.LocalEndPoint!, TimeSpan.FromSeconds(5));
        Assert.NotNull(open);
    }

    [Fact]
    public async Task A_pod_does_not_reach_the_hosts_loopback_even_where_the_kernel_would_route_it()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        (TestNamespace pod, _) = await host.AttachAsync(network, "a-0");
        const string Route = "sysctl -qw net.ipv4.conf.all.route_localnet=1";
        await host.Host.ShAsync($"{Route} net.ipv4.conf.all.rp_filter=0");
        await pod.ShAsync($"{Route}; ip addr flush dev lo; ip route add 127.0.0.0/8 via 169.254.1.1 dev eth0 onlink");
        using Socket onHost = await host.Host.ListenAsync(IPAddress.Loopback);
        using Socket elsewhere = await host.Host.ListenAsync(IPAddress.Parse("127.1.2.3"));
        Assert.Null(await pod.TryConnectAsync(onHost.LocalEndPoint!, _silence));
        Assert.Null(await pod.TryConnectAsync(elsewhere.LocalEndPoint!, _silence));

        // The way itself is open: it is the table that closes it.

        // Nobody is there to put it back.
        await network.DisposeAsync();
        await host.Host.ShAsync("nft delete table inet insula");
        using Socket? open = await pod.TryConnectAsync(onHost.LocalEndPoint!, TimeSpan.FromSeconds(5));
        Assert.NotNull(open);
    }

    [Fact]
    public async Task A_false_source_address_goes_nowhere()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        (TestNamespace pod, PodAddresses own) = await host.AttachAsync(network, "a-0");
        (_, PodAddresses other) = await host.AttachAsync(network, "b-0");
        await pod.ShAsync($"ip addr add {other.Primary}/32 dev lo; ip addr add 198.51.100.7/32 dev lo");
        await host.Host.ShAsync("sysctl -qw net.ipv4.conf.all.rp_filter=2");
        using Socket onHost = await host.Host.SocketAsync(SocketType.Dgram);
        onHost.Bind(new IPEndPoint(TestHost.HostAddress, 0));
        foreach (IPAddress source in new[] { other.Primary, IPAddress.Parse("198.51.100.7"), own.Primary })
        {
            using Socket sender = await pod.SocketAsync(SocketType.Dgram);
            sender.Bind(new IPEndPoint(source, 0));
            await sender.SendToAsync(new byte[] { 1 }, onHost.LocalEndPoint!);
        }

        SocketReceiveFromResult first = await onHost.ReceiveFromAsync(new byte[8], new IPEndPoint(IPAddress.Any, 0)).WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(own.Primary, ((IPEndPoint)first.RemoteEndPoint).Address);
    }

    [Fact]
    public async Task Nobody_outside_speaks_in_a_pods_name()
    {
        await using TestHost host = await TestHost.CreateAsync();
        await host.StartAsync();
        await host.Host.ShAsync("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.up0.rp_filter=0");
        await host.Outside.ShAsync("ip addr add 10.83.0.9/32 dev lo");
        using Socket onHost = await host.Host.SocketAsync(SocketType.Dgram);
        onHost.Bind(new IPEndPoint(TestHost.HostAddress, 0));
        foreach (IPAddress source in new[] { IPAddress.Parse("10.83.0.9"), TestHost.OutsideAddress })
        {
            using Socket sender = await host.Outside.SocketAsync(SocketType.Dgram);
            sender.Bind(new IPEndPoint(source, 0));
            await sender.SendToAsync(new byte[] { 1 }, onHost.LocalEndPoint!);
        }

        SocketReceiveFromResult first = await onHost.ReceiveFromAsync(new byte[8], new IPEndPoint(IPAddress.Any, 0)).WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(TestHost.OutsideAddress, ((IPEndPoint)first.RemoteEndPoint).Address);
    }

    [Fact]
    public async Task Attaching_again_changes_nothing_and_repairs()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        (TestNamespace pod, PodAddresses addresses) = await host.AttachAsync(network, "a-0");
        await pod.ShAsync("ip route flush dev eth0; ip addr flush dev eth0; ip link set lo down");
        await host.Host.ShAsync($"ip route del {addresses.Primary}");
        Assert.Equal(addresses, await network.AttachAsync("a-0", pod.Net, CancellationToken.None));
        using Socket inPod = await pod.ListenAsync(addresses.Primary);
        await host.Host.ConnectAsync(inPod);

        // The same sandbox in another namespace: the old link is of no use to it.
        using TestNamespace fresh = new();
        Assert.Equal(addresses.Primary, (await network.AttachAsync("a-0", fresh.Net, CancellationToken.None)).Primary);
        using Socket inFresh = await fresh.ListenAsync(addresses.Primary);
        await host.Host.ConnectAsync(inFresh);
        Assert.DoesNotContain("eth0", await pod.ShAsync("ip -o link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_names_the_request_and_leaves_nothing()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        using TestNamespace taken = new();
        await taken.ShAsync("ip link add eth0 type veth peer name other");
        NetworkException refusal = await Assert.ThrowsAsync<NetworkException>(() => network.AttachAsync("a-0", taken.Net, CancellationToken.None));
        Assert.Contains("create veth iv0000000000002", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("EEXIST", refusal.Message, StringComparison.Ordinal);
        Assert.Null(network.Find("a-0"));
        await network.SettleAsync(CancellationToken.None);
        Assert.DoesNotContain("iv0", await host.Host.ShAsync("ip -o link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_go_at_once_and_a_small_range_is_used_again_and_again()
    {
        await using TestHost host = await TestHost.CreateAsync();
        await host.Host.ShAsync("ip link add foreign0 type veth peer name foreign1");
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PodRange = IPNetwork.Parse("10.99.0.0/29") });
        for (int round = 0; round < 3; round++)
        {
            string[] ids = [.. Enumerable.Range(0, 6).Select(i => $"p{round}{i}-0")];
            foreach (string id in ids)
            {
                (TestNamespace pod, PodAddresses addresses) = await host.AttachAsync(network, id);
                using Socket inPod = await pod.ListenAsync(addresses.Primary);
                await host.Host.ConnectAsync(inPod);
            }

            using TestNamespace seventh = new();
            NetworkException full = await Assert.ThrowsAsync<NetworkException>(() => network.AttachAsync("seventh-0", seventh.Net, CancellationToken.None));
            Assert.Contains("no address is free in the pod range 10.99.0.0/29: 6 are in use", full.Message, StringComparison.Ordinal);
            await Task.WhenAll(ids.Select(id => network.DetachAsync(id, CancellationToken.None)));
            Assert.All(ids, id => Assert.Null(network.Find(id)));
        }

        await network.SettleAsync(CancellationToken.None);
        string links = await host.Host.ShAsync("ip -o link");
        Assert.DoesNotContain("iv0", links, StringComparison.Ordinal);
        Assert.Contains("foreign0", links, StringComparison.Ordinal);
        Assert.Contains("up0", links, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_cannot_be_removed_keeps_its_own_address_and_nobody_waits_for_it()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PodRange = IPNetwork.Parse("10.99.0.0/29") });
        string[] links = [.. (await Task.WhenAll(Enumerable.Range(0, 6).Select(i => host.AttachAsync(network, $"p{i}-0")))).Select(p => p.Addresses.HostInterface)];

        // The one device that the kernel never deletes, by the name of the first one's.
        await host.Host.ShAsync($"ip link delete {links[0]}; ip link set lo down; ip link set lo name {links[0]}");
        await network.DetachAsync("p0-0", CancellationToken.None);
        using TestNamespace next = new();
        NetworkException full = await Assert.ThrowsAsync<NetworkException>(
            () => network.AttachAsync("next-0", next.Net, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("6 are in use, 1 of them by links that could not be removed", full.Message, StringComparison.Ordinal);

        // One that goes together with it is gone.
        await network.DetachAsync("p1-0", CancellationToken.None);
        PodAddresses addresses = await network.AttachAsync("next-0", next.Net, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(links[1], addresses.HostInterface);

        await host.Host.ShAsync($"ip link set {links[0]} name lo; ip link set lo up");
        using TestNamespace last = new();
        addresses = await network.AttachAsync("last-0", last.Net, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(links[0], addresses.HostInterface);
    }

    [Fact]
    public async Task Detaching_leaves_nothing_and_the_address_rests()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        (TestNamespace neighbour, _) = await host.AttachAsync(network, "neighbour-0");
        string before = await Eventually.GetAsync(
            () => host.Host.ShAsync("ip -o link; ip route; ip neigh show nud permanent"), text => !text.Contains("NO-CARRIER", StringComparison.Ordinal), "the kernel has noticed that the neighbour's link is up");
        (TestNamespace pod, PodAddresses first) = await host.AttachAsync(network, "a-0");
        using Socket outside = await host.Outside.ListenAsync(TestHost.OutsideAddress);
        using Socket inPod = await pod.ListenAsync(first.Primary);
        await pod.ConnectAsync(outside);
        await host.Host.ConnectAsync(inPod);
        await neighbour.ConnectAsync(outside);
        const string Tracked = "cat /proc/sys/net/netfilter/nf_conntrack_count";
        Assert.Equal("3", (await host.Host.ShAsync(Tracked)).Trim());
        await network.DetachAsync("a-0", CancellationToken.None);
        await network.SettleAsync(CancellationToken.None);
        Assert.Equal("1", (await host.Host.ShAsync(Tracked)).Trim());
        await network.DetachAsync("a-0", CancellationToken.None);
        Assert.Null(network.Find("a-0"));
        Assert.Equal(before, await host.Host.ShAsync("ip -o link; ip route; ip neigh show nud permanent"));

        // Nobody has the address: the answer is immediate, not silence.
        SocketException unreachable = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using Socket socket = await host.Host.SocketAsync();
            await socket.ConnectAsync(new IPEndPoint(first.Primary, 80)).WaitAsync(TimeSpan.FromSeconds(5));
        });
        Assert.Contains(unreachable.SocketErrorCode, new[] { SocketError.HostUnreachable, SocketError.NetworkUnreachable });
        (_, PodAddresses second) = await host.AttachAsync(network, "b-0");
        Assert.NotEqual(first.Primary, second.Primary);
    }

    [Fact]
    public async Task Detaching_ends_its_own_connections_of_IPv6_and_no_others()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PodRangeV6 = IPNetwork.Parse("fd83::/64") });
        (TestNamespace going, _) = await host.AttachAsync(network, "a-0");
        (TestNamespace staying, _) = await host.AttachAsync(network, "b-0");
        using Socket outside = await host.Outside.ListenAsync(IPAddress.Parse("2001:db8::2"));
        await going.ConnectAsync(outside);
        await staying.ConnectAsync(outside);
        const string Tracked = "grep -o 'src=fd83[:0-9a-f]*' /proc/net/nf_conntrack | sort -u";
        Assert.Equal(2, (await host.Host.ShAsync(Tracked)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await network.DetachAsync("a-0", CancellationToken.None);
        await network.SettleAsync(CancellationToken.None);
        Assert.Equal("src=fd83:0000:0000:0000:0000:0000:0000:0003", (await host.Host.ShAsync(Tracked)).Trim());
    }

    [Fact]
    public async Task Detaching_works_when_the_namespace_is_gone()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync();
        TestNamespace pod = new();
        await network.AttachAsync("a-0", pod.Net, CancellationToken.None);
        pod.Dispose();
        await network.DetachAsync("a-0", CancellationToken.None);
        await network.SettleAsync(CancellationToken.None);
        Assert.DoesNotContain("iv0", await host.Host.ShAsync("ip -o link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_families_are_served()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PodRangeV6 = IPNetwork.Parse("fd83::/64") });
        (TestNamespace a, PodAddresses addressesA) = await host.AttachAsync(network, "a-0");
        (TestNamespace b, PodAddresses addressesB) = await host.AttachAsync(network, "b-0");
        Assert.Equal("fd83::2", addressesA.Addresses[1].ToString());
        Assert.Equal(["192.0.2.1", "2001:db8::1"], network.HostAddresses.Select(h => h.ToString()));
        using Socket inB = await b.ListenAsync(addressesB.Addresses[1]);
        using Socket outside = await host.Outside.ListenAsync(IPAddress.Parse("2001:db8::2"));
        Assert.Equal(addressesA.Addresses[1], await a.ConnectAsync(inB));
        Assert.Equal("fd83::1", (await host.Host.ConnectAsync(inB)).ToString());
        Assert.Equal("2001:db8::1", (await a.ConnectAsync(outside)).ToString());
        Assert.Null(await host.Outside.TryConnectAsync(inB.LocalEndPoint!, _silence));
        Assert.Equal("0", (await a.ShAsync("cat /proc/sys/net/ipv6/conf/eth0/accept_ra")).Trim());
        await network.StopAsync(remove: true, CancellationToken.None);
        Assert.Equal("0", (await host.Host.ShAsync("cat /proc/sys/net/ipv6/conf/all/forwarding")).Trim());
        Assert.DoesNotContain("fd83", await host.Host.ShAsync("ip -6 route; ip -6 addr"), StringComparison.Ordinal);
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>Who reaches whom: pods each other, the host and the outside; the outside no pod.</summary>
public sealed class TrafficTests(OutsideFixture fixture) : IClassFixture<OutsideFixture>
{
    // Not every machine has another one.
    private const string Ping = "busybox ping -c 1";

    private static readonly TimeSpan _silence = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan _answer = TimeSpan.FromSeconds(5);
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Pods_and_host_reach_each_other_by_the_pods_addresses()
    {
        var (one, oneAddress) = await PodAsync("reach-one");
        var (two, twoAddress) = await PodAsync("reach-two");
        using (one)
        using (two)
        {
            using var inTwo = await two.ListenAsync(twoAddress);
            using var onHost = await fixture.Host.ListenAsync(IPAddress.Any);
            Assert.Equal(oneAddress, await one.ConnectAsync(inTwo));
            await fixture.Host.ConnectAsync(inTwo);
            Assert.Equal(oneAddress, await one.ConnectAsync(onHost, OutsideFixture.HostAddress));
        }

        await _insula.DeletePodAsync("reach-one");
        await _insula.DeletePodAsync("reach-two");
    }

    [Fact]
    public async Task Pods_reach_the_outside_which_sees_the_host()
    {
        await _insula.ApplyAsync(Manifests.Pod("out", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("out");
        using var outside = await fixture.Outside.ListenAsync(OutsideFixture.OutsideAddress);
        var port = ((IPEndPoint)outside.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        var accepting = outside.AcceptAsync();
        var reading = _insula.CliAsync("exec", "out", "--", "nc", "-w", "5", "192.0.2.2", port);
        using (var server = await accepting.WaitAsync(_answer))
        {
            Assert.Equal(OutsideFixture.HostAddress, ((IPEndPoint)server.RemoteEndPoint!).Address);
            await server.SendAsync("from outside\n"u8.ToArray());
        }

        Assert.Equal("from outside\n", (await reading).Succeeded());

        // The same by IPv6.
        using var space = Space(pod);
        using var outside6 = await fixture.Outside.ListenAsync(IPAddress.Parse("2001:db8::2"));
        Assert.Equal("2001:db8::1", (await space.ConnectAsync(outside6)).ToString());
        await _insula.DeletePodAsync("out");
    }

    [Fact]
    public async Task Nothing_outside_reaches_a_pod()
    {
        await _insula.ApplyAsync(Manifests.Pod("closed", "mkdir /www; echo secret > /www/index.html; exec httpd -f -p 8080 -h /www", container: new
        {
            ports = new[] { new { containerPort = 8080 } },
            readinessProbe = new { tcpSocket = new { port = 8080 }, periodSeconds = 1 },
        }));
        var pod = await _insula.WaitForReadyAsync("closed");
        var addresses = pod["status"]!["podIPs"]!.AsArray().Select(a => IPAddress.Parse((string)a!["ip"]!)).ToList();
        Assert.Equal([AddressFamily.InterNetwork, AddressFamily.InterNetworkV6], addresses.Select(a => a.AddressFamily));
        using var onHost = await fixture.Host.ListenAsync(IPAddress.IPv6Any);
        foreach (var address in addresses)
        {
            using var fromHost = await fixture.Host.TryConnectAsync(new IPEndPoint(address, 8080), _answer);
            Assert.NotNull(fromHost);
            Assert.Null(await fixture.Outside.TryConnectAsync(new IPEndPoint(address, 8080), _silence));
            Assert.Contains("1 packets received", await fixture.Host.ShAsync($"{Ping} {address}"), StringComparison.Ordinal);
            Assert.Contains("0 packets received", await fixture.Outside.ShAsync($"{Ping} -W 1 {address} || true"), StringComparison.Ordinal);
        }

        // The way is open as far as the host: what stops the packets is the host's refusal to bring them to a pod.
        using var toHost = await fixture.Outside.TryConnectAsync(
            new IPEndPoint(IPAddress.Parse("2001:db8::1"), ((IPEndPoint)onHost.LocalEndPoint!).Port), _answer);
        Assert.NotNull(toHost);
        await _insula.DeletePodAsync("closed");
    }

    [Fact]
    public async Task The_host_forwards_for_its_pods_only()
    {
        using TestNamespace lan = new();
        await fixture.Host.ShAsync($"ip link add lan0 type veth peer name eth0 netns {lan.Path}; ip addr add 203.0.113.1/24 dev lan0; ip link set lan0 up");
        await lan.ShAsync("ip addr add 203.0.113.2/24 dev eth0; ip link set eth0 up; ip route add default via 203.0.113.1");
        await fixture.Outside.ShAsync("ip route add 203.0.113.0/24 via 192.0.2.1");
        await Eventually.TrueAsync(
            async () => (await fixture.Host.ShAsync("cat /proc/sys/net/ipv4/conf/lan0/forwarding")).Trim() == "1", "the new link forwards");
        var (pod, podAddress) = await PodAsync("forwarded");
        using (pod)
        {
            using var inLan = await lan.ListenAsync(IPAddress.Parse("203.0.113.2"));
            using var inPod = await pod.ListenAsync(podAddress);
            using var outside = await fixture.Outside.ListenAsync(OutsideFixture.OutsideAddress);
            await pod.ConnectAsync(inLan);
            Assert.Null(await lan.TryConnectAsync(outside.LocalEndPoint!, _silence));
            Assert.Null(await fixture.Outside.TryConnectAsync(inLan.LocalEndPoint!, _silence));
            Assert.Null(await lan.TryConnectAsync(inPod.LocalEndPoint!, _silence));
        }

        await fixture.Host.ShAsync("ip link del lan0");
        await _insula.DeletePodAsync("forwarded");
    }

    [Fact]
    public async Task An_address_is_not_given_to_the_next_pod()
    {
        var seen = new HashSet<IPAddress>();
        for (var i = 0; i < 3; i++)
        {
            var (space, address) = await PodAsync("fleeting");
            space.Dispose();
            Assert.True(seen.Add(address), $"{address} was given again at once");
            await _insula.DeletePodAsync("fleeting");
        }
    }

    [Fact]
    public async Task Two_daemons_on_one_host_do_not_meet()
    {
        await using var other = await Instance.StartAsync(new InstanceSetup { NetworkNamespace = _insula.NetworkNamespace });
        var (one, oneAddress) = await PodAsync("mine");
        await other.ApplyAsync(Manifests.Pod("mine", Manifests.Forever));
        var otherPod = await other.WaitForReadyAsync("mine");
        var otherAddress = IPAddress.Parse(Pods.Address(otherPod));
        using var two = Space(otherPod, other);
        using (one)
        {
            Assert.NotEqual(Range(oneAddress), Range(otherAddress));
            using var inOne = await one.ListenAsync(oneAddress);
            using var inTwo = await two.ListenAsync(otherAddress);
            Assert.Null(await two.TryConnectAsync(inOne.LocalEndPoint!, _silence));
            Assert.Null(await one.TryConnectAsync(inTwo.LocalEndPoint!, _silence));
            using var outside = await fixture.Outside.ListenAsync(OutsideFixture.OutsideAddress);
            await one.ConnectAsync(outside);
            await two.ConnectAsync(outside);

            // The end of one is nothing to the other.
            await other.DeletePodAsync("mine");
            await other.DisposeAsync();
            await one.ConnectAsync(outside);
        }

        await _insula.DeletePodAsync("mine");

        static string Range(IPAddress address) => string.Join('.', address.ToString().Split('.')[..2]);
    }

    private async Task<(TestNamespace Space, IPAddress Address)> PodAsync(string name)
    {
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync(name);
        return (Space(pod), IPAddress.Parse(Pods.Address(pod)));
    }

    /// <summary>The pod's network namespace.</summary>
    private TestNamespace Space(JsonNode pod, Instance? insula = null) =>
        TestNamespace.Open($"/proc/{Processes.MainOf(insula ?? _insula, pod, "main")}/ns/net");
}

using System.Net;
using Insula.Linux.Events;
using Insula.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Network;

/// <summary>A namespace that plays the host, with a link to another that plays the rest of the world and knows the way to the pods.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public static readonly IPAddress HostAddress = IPAddress.Parse("192.0.2.1");
    public static readonly IPAddress OutsideAddress = IPAddress.Parse("192.0.2.2");

    private readonly EventLoop _events = new();
    private readonly List<PodNetwork> _networks = [];
    private readonly List<TestNamespace> _pods = [];

    private TestHost()
    {
    }

    public TestNamespace Host { get; } = new();

    public TestNamespace Outside { get; } = new();

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("insula-test-net-").FullName;

    public static async Task<TestHost> CreateAsync()
    {
        TestHost host = new();

        // No address stays tentative for a second: what a test compares is what it changed.
        await host.Host.ShAsync("sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0");
        await host.Host.ShAsync(
            $"ip link set lo up; ip link add up0 type veth peer name eth0 netns {host.Outside.Path}; ip addr add 192.0.2.1/24 dev up0; ip link set up0 up;"
            + "ip -6 addr add 2001:db8::1/64 dev up0 nodad");
        await host.Outside.ShAsync(
            "ip link set lo up; ip addr add 192.0.2.2/24 dev eth0; ip -6 addr add 2001:db8::2/64 dev eth0 nodad; ip link set eth0 up;"
            + "ip route add 10.0.0.0/8 via 192.0.2.1; ip -6 route add fd83::/64 via 2001:db8::1");
        await host.Host.ShAsync("ip route add default via 192.0.2.2; ip -6 route add default via 2001:db8::2");
        return host;
    }

    public PodNetwork NewNetwork(NetworkOptions? options = null)
    {
        string tag = options?.InstanceTag ?? "";
        PodNetwork network = new(
            (options ?? new NetworkOptions { RunDirectory = "" }) with
            {
                RunDirectory = Path.Combine(Directory, $"run{tag}"),
                HostNamespace = Host.Net,
            },
            _events,
            NullLogger<PodNetwork>.Instance);
        _networks.Add(network);
        return network;
    }

    public async Task<PodNetwork> StartAsync(NetworkOptions? options = null)
    {
        PodNetwork network = NewNetwork(options);
        await network.StartAsync(CancellationToken.None);
        return network;
    }

    public async Task<(TestNamespace Pod, PodAddresses Addresses)> AttachAsync(PodNetwork network, string id)
    {
        TestNamespace pod = new();
        _pods.Add(pod);
        return (pod, await network.AttachAsync(id, pod.Net, CancellationToken.None));
    }

    public Task<string> ForwardingAsync(string link) => Host.ShAsync($"cat /proc/sys/net/ipv4/conf/{link}/forwarding");

    public async ValueTask DisposeAsync()
    {
        foreach (PodNetwork network in _networks)
        {
            await network.DisposeAsync();
        }

        foreach (TestNamespace pod in _pods)
        {
            pod.Dispose();
        }

        Host.Dispose();
        Outside.Dispose();
        _events.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

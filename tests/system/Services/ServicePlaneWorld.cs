using System.Net;
using System.Net.Sockets;
using Insula.Network;
using Insula.Network.Services;
using Insula.SystemTests.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Services;

/// <summary>A service plane in namespaces that play the host, the pods and what is outside, asked by one of the two families.</summary>
public abstract class ServicePlaneWorld(bool v6) : IAsyncLifetime
{
    /// <summary>The address of the Service.</summary>
    internal string Address { get; } = v6 ? "fd43::7" : "10.43.0.7";

    internal string HostAddress { get; } = v6 ? "2001:db8::1" : "192.0.2.1";

    internal TestHost Machine { get; private set; } = null!;

    internal TestNamespace Host => Machine.Host;

    internal TestNamespace Outside => Machine.Outside;

    internal PodNetwork Network { get; private set; } = null!;

    internal ServicePlane Plane { get; private set; } = null!;

    /// <summary>What ends with the test.</summary>
    internal List<NamedServer> Servers { get; } = [];

    public async ValueTask InitializeAsync()
    {
        Machine = await TestHost.CreateAsync();
        if (v6)
        {
            await Outside.ShAsync($"ip -6 route add fd43::/112 via {HostAddress}");
        }

        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Plane.Dispose();
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }

        await Machine.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static Target To(string address) => new(PackedAddress.Parse(address), 8080);

    internal FrontendTargets Service(int port, params string[] targets) => new(new(Address, "TCP", port), FrontendKind.ServiceAddress, [.. targets.Select(To)], null);

    internal FrontendTargets Node(int port, params string[] targets) => new(new(v6 ? "::" : "0.0.0.0", "TCP", port), FrontendKind.NodePort, [.. targets.Select(To)], null);

    internal FrontendTargets Udp(params string[] targets) => new(new(Address, "UDP", 53), FrontendKind.ServiceAddress, [.. targets.Select(To)], null);

    internal FrontendTargets UdpNode(params string[] targets) => new(new(v6 ? "::" : "0.0.0.0", "UDP", 30053), FrontendKind.NodePort, [.. targets.Select(To)], null);

    internal Task<Socket> UdpAsync(TestNamespace from) => from.SocketAsync(SocketType.Dgram, v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork);

    internal static async Task<IReadOnlyList<string>> ManyAsync(TestNamespace from, string address, int port, int count)
    {
        var answers = new List<string>();
        for (var i = 0; i < count; i++)
        {
            answers.Add(await NamedServer.AskAsync(from, address, port));
        }

        return answers;
    }

    internal Task SetAsync(params FrontendTargets[] frontends) => SetAsync(false, frontends);

    internal Task SetAsync(bool whole, params FrontendTargets[] frontends) => ApplyAsync(whole, ("one", frontends));

    internal Task ApplyAsync(bool whole, params (string Owner, FrontendTargets[] Frontends)[] changes) =>
        Plane.ApplyAsync(changes.ToDictionary(c => c.Owner, c => (IReadOnlyList<FrontendTargets>)c.Frontends), whole, CancellationToken.None);

    /// <summary>A new daemon on what the old one left.</summary>
    internal async Task RestartAsync(params FrontendTargets[] frontends)
    {
        await StopAsync();
        await StartAsync(frontends);
    }

    internal async Task StopAsync()
    {
        Plane.Dispose();
        await Network.StopAsync(remove: false, CancellationToken.None);
        await Network.DisposeAsync();
    }

    internal async Task StartAsync(params FrontendTargets[] frontends)
    {
        Network = await Machine.StartAsync(v6 ? new NetworkOptions { RunDirectory = "", PodRangeV6 = IPNetwork.Parse("fd83::/64") } : null);
        Plane = new ServicePlane(Network, NullLogger<ServicePlane>.Instance);
        await SetAsync(whole: true, frontends);
    }

    internal async Task<(TestNamespace Pod, string Address)> PodAsync(string name)
    {
        var (pod, addresses) = await Machine.AttachAsync(Network, $"{name}-0");
        return (pod, addresses.Addresses[v6 ? 1 : 0].ToString());
    }

    internal async Task<(TestNamespace Pod, string Address)> ServerAsync(string name)
    {
        var (pod, address) = await PodAsync(name);
        Servers.Add(await NamedServer.StartAsync(pod, name, 8080, v6: v6));
        return (pod, address);
    }

    internal Task<string> TableAsync() => Host.ShAsync("nft list table inet insula");
}

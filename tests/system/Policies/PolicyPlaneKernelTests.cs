using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Policies;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Network.Services;
using Insula.SystemTests.Network;
using Insula.SystemTests.Services;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Policies;

/// <summary>What happens to connections when policies, labels and daemons come and go.</summary>
public sealed class PolicyPlaneKernelTests : IAsyncLifetime
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);

    private readonly List<IAsyncDisposable> _servers = [];
    private readonly Dictionary<string, (PolicyPod Pod, TestNamespace Space)> _pods = [];
    private TestHost _host = null!;
    private PodNetwork _network = null!;
    private PolicyPlane _plane = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.CreateAsync();
        _network = await _host.StartAsync(new NetworkOptions { RunDirectory = "", PodRangeV6 = IPNetwork.Parse("fd83::/64") });
        _plane = new PolicyPlane(_network, insulated: false);
        await _plane.ApplyAsync(new PolicyChanges(), whole: true, CancellationToken.None);
        foreach (var name in (string[])["client", "friend", "server"])
        {
            await AttachAsync(_plane, "x", name);
        }

        _servers.Add(await NamedServer.StartAsync(_pods["server"].Space, "server", 80));
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
    public async Task A_policy_ends_the_connections_it_forbids_and_no_others()
    {
        await using var forbidden = await Echo.ConnectAsync(_pods["client"].Space, _pods["server"].Space, Address("server"));
        await using var allowed = await Echo.ConnectAsync(_pods["friend"].Space, _pods["server"].Space, Address("server"));
        using var datagrams = await _pods["client"].Space.SocketAsync(SocketType.Dgram);
        Assert.StartsWith("server ", await NamedServer.AskUdpAsync(datagrams, Address("server").ToString(), 80), StringComparison.Ordinal);
        await PutAsync(_plane, """{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"name":"friend"}}}]}]}""");

        Assert.True(await allowed.GoesOnAsync(), "the allowed connection goes on");
        Assert.True(await forbidden.HasEndedAsync(), "the forbidden one has ended");
        Assert.NotEqual("server", (await NamedServer.AskUdpAsync(datagrams, Address("server").ToString(), 80, NamedServer.Silence)).Split(' ')[0]);
        Assert.Equal("unreachable", await NamedServer.AskAsync(_pods["client"].Space, Address("server").ToString(), 80));

        // A server that only sends does not reach its client either.
        await PutAsync(_plane, """{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[]}""");
        Assert.False(await allowed.SendsBackAsync(), "what the server sends by itself does not arrive");

        await PutAsync(_plane, null);
        Assert.StartsWith("server ", await NamedServer.AskAsync(_pods["client"].Space, Address("server").ToString(), 80), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_and_namespaces_that_change_are_followed()
    {
        await PutAsync(_plane, """{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"team":"blue"}},"podSelector":{"matchLabels":{"role":"reader"}}}]}]}""");
        Assert.Equal("unreachable", await AskAsync("client"));
        await ChangeAsync(c => c.Pods["client"] = Pod("x", "client", ("role", "reader")).Facts);
        Assert.Equal("unreachable", await AskAsync("client"));
        await ChangeAsync(c => c.Namespaces["x"] = new Dictionary<string, string> { ["team"] = "blue" });
        Assert.Equal("server", await AskAsync("client"));
        Assert.Equal("unreachable", await AskAsync("friend"));
        await ChangeAsync(c => c.Namespaces["x"] = new Dictionary<string, string> { ["team"] = "red" });
        Assert.Equal("unreachable", await AskAsync("client"));
    }

    [Fact]
    public async Task IPv6_is_restricted_as_IPv4_is()
    {
        var server = _pods["server"].Pod.Addresses[1];
        using var listener = await _pods["server"].Space.ListenAsync(server);
        await PutAsync(_plane, """{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"name":"friend"}}}]}]}""");
        using (var reached = await _pods["friend"].Space.TryConnectAsync(listener.LocalEndPoint!, _soon))
        {
            Assert.NotNull(reached);
        }

        Assert.Null(await _pods["client"].Space.TryConnectAsync(listener.LocalEndPoint!, TimeSpan.FromMilliseconds(NamedServer.Silence)));
        await PutAsync(_plane, $$$$"""{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"ipBlock":{"cidr":"fd83::/64","except":["{{{{server}}}}/128"]}}]}]}""");
        Assert.Null(await _pods["friend"].Space.TryConnectAsync(listener.LocalEndPoint!, TimeSpan.FromMilliseconds(NamedServer.Silence)));
        await PutAsync(_plane, $$$$"""{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"ipBlock":{"cidr":"{{{{server}}}}/128"}}]}]}""");
        using var again = await _pods["friend"].Space.TryConnectAsync(listener.LocalEndPoint!, _soon);
        Assert.NotNull(again);
    }

    [Fact]
    public async Task A_new_daemon_takes_over_without_a_gap()
    {
        const string policy = """{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"name":"friend"}}}]}]}""";
        await PutAsync(_plane, policy);
        await using var allowed = await Echo.ConnectAsync(_pods["friend"].Space, _pods["server"].Space, Address("server"));

        // What the one before left holds until the next one knows all.
        using var next = new PolicyPlane(_network, insulated: false);
        foreach (var (name, (pod, _)) in _pods)
        {
            await next.AdmitAsync(name, pod, CancellationToken.None);
        }

        Assert.False(next.Loaded.IsCompleted);
        Assert.Equal("unreachable", await AskAsync("client"));
        var changes = new PolicyChanges();
        changes.Policies["x/policy"] = Policy(policy);
        await next.ApplyAsync(changes, whole: true, CancellationToken.None);
        Assert.True(next.Loaded.IsCompleted);
        Assert.Equal("unreachable", await AskAsync("client"));
        Assert.True(await allowed.GoesOnAsync(), "connections go on");

        // And what it does not know of is gone.
        await next.ApplyAsync(new PolicyChanges(), whole: true, CancellationToken.None);
        Assert.Equal("server", await AskAsync("client"));
        Assert.DoesNotMatch(@"\b(policy_(in|out)|peers|ports)_", await _host.Host.ShAsync("nft list ruleset"));
    }

    [Fact]
    public async Task A_pod_that_is_forgotten_leaves_nothing_and_its_address_to_the_next()
    {
        await PutAsync(_plane, """{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"name":"friend"}}}]}]}""");
        var friend = _pods["friend"].Pod;

        // The next pod has the address before anybody said that the one before is gone.
        var stranger = Pod("x", "stranger") with { Addresses = friend.Addresses };
        await _plane.AdmitAsync("stranger", stranger, CancellationToken.None);
        Assert.Equal("unreachable", await AskAsync("friend"));
        await _plane.ForgetAsync("friend", CancellationToken.None);
        Assert.Equal("unreachable", await AskAsync("friend"));
        foreach (var name in (string[])["stranger", "client", "server"])
        {
            await _plane.ForgetAsync(name, CancellationToken.None);
        }

        var table = await _host.Host.ShAsync("nft list table inet insula");
        Assert.DoesNotContain(Address("server").ToString(), table, StringComparison.Ordinal);
        Assert.DoesNotContain("policy_in_", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Insulated_by_default_pods_are_for_their_namespace_and_for_who_comes_by_a_Service()
    {
        using var plane = new PolicyPlane(_network, insulated: true);
        foreach (var (name, (pod, _)) in _pods.ToArray())
        {
            await plane.AdmitAsync(name, pod, CancellationToken.None);
        }

        await plane.ApplyAsync(new PolicyChanges(), whole: true, CancellationToken.None);
        await AttachAsync(plane, "y", "stranger");
        Assert.Equal("server", await AskAsync("client"));
        Assert.Equal("unreachable", await AskAsync("stranger"));
        Assert.StartsWith("server ", await NamedServer.AskAsync(_host.Host, Address("server").ToString(), 80), StringComparison.Ordinal);

        using var services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        var frontend = new FrontendTargets(new("10.43.0.7", "TCP", 80), FrontendKind.ServiceAddress, [new(PackedAddress.Of(Address("server")), 80)], null);
        await services.ApplyAsync(new Dictionary<string, IReadOnlyList<FrontendTargets>> { ["service"] = [frontend] }, whole: true, CancellationToken.None);
        Assert.StartsWith("server ", await NamedServer.AskAsync(_pods["stranger"].Space, "10.43.0.7", 80), StringComparison.Ordinal);

        // A policy says all there is to say about who comes in.
        await PutAsync(plane, """{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{}}]}]}""");
        Assert.Equal("server", await AskAsync("stranger"));

        // With the last pod of a namespace its set goes, and comes with the next one, also when that takes the other's place.
        await PutAsync(plane, null);
        await plane.AdmitAsync("stranger", _pods["stranger"].Pod, CancellationToken.None);
        Assert.Equal("unreachable", await AskAsync("stranger"));
        await plane.ForgetAsync("stranger", CancellationToken.None);
        Assert.DoesNotContain(Address("stranger").ToString(), await _host.Host.ShAsync("nft list table inet insula"), StringComparison.Ordinal);
        foreach (var name in (string[])["client", "friend", "server"])
        {
            await plane.ForgetAsync(name, CancellationToken.None);
        }

        Assert.DoesNotContain("namespace_", await _host.Host.ShAsync("nft list table inet insula"), StringComparison.Ordinal);
        await plane.AdmitAsync("client", _pods["client"].Pod, CancellationToken.None);
        await plane.AdmitAsync("server", _pods["server"].Pod, CancellationToken.None);
        await plane.AdmitAsync("stranger", _pods["stranger"].Pod, CancellationToken.None);
        Assert.Equal("server", await AskAsync("client"));
        Assert.Equal("unreachable", await AskAsync("stranger"));
    }

    [Fact]
    public async Task Names_are_asked_for_as_the_policies_have_it()
    {
        const string dns = "10.43.0.10";
        using var services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        Target[] server = [new(PackedAddress.Parse("10.83.0.1"), 5353)];
        await services.ApplyAsync(
            new Dictionary<string, IReadOnlyList<FrontendTargets>>
            {
                ["dns"] = [new(new(dns, "UDP", 53), FrontendKind.ServiceAddress, server, null), new(new(dns, "TCP", 53), FrontendKind.ServiceAddress, server, null)],
            },
            whole: true, CancellationToken.None);
        _servers.Add(await NamedServer.StartAsync(_host.Host, "dns", 5353));
        await _plane.ApplyAsync(new PolicyChanges { NameServer = IPAddress.Parse(dns) }, whole: true, CancellationToken.None);
        async Task<string> AskBothAsync()
        {
            using var socket = await _pods["client"].Space.SocketAsync(SocketType.Dgram);
            var answers = await Task.WhenAll(NamedServer.AskUdpAsync(socket, dns, 53, 5000), NamedServer.AskAsync(_pods["client"].Space, dns, 53, 5000));
            return string.Join(", ", answers.Select(a => a.Split(' ')[0]));
        }

        Assert.Equal("dns, dns", await AskBothAsync());
        await PutAsync(_plane, """{"podSelector":{},"policyTypes":["Egress"]}""");
        Assert.Equal("unreachable, unreachable", await AskBothAsync());
        await PutAsync(_plane, """{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}}],"ports":[{"port":53,"protocol":"UDP"},{"port":"dns-tcp"}]}]}""");
        Assert.Equal("dns, dns", await AskBothAsync());
        await PutAsync(_plane, """{"podSelector":{},"policyTypes":["Egress"],"egress":[{"ports":[{"port":53,"protocol":"UDP"}]}]}""");
        Assert.Equal("dns, unreachable", await AskBothAsync());
        Assert.Equal("unreachable", await NamedServer.AskAsync(_pods["client"].Space, "10.83.0.1", 5353));
    }

    [Fact]
    public async Task Questions_that_a_policy_forbids_end_and_no_others()
    {
        const string dns = "10.43.0.10";
        using var services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        Target[] at = [new(PackedAddress.Parse("10.83.0.1"), 5353)];
        await services.ApplyAsync(
            new Dictionary<string, IReadOnlyList<FrontendTargets>>
            {
                ["dns"] = [new(new(dns, "UDP", 53), FrontendKind.ServiceAddress, at, null), new(new(dns, "TCP", 53), FrontendKind.ServiceAddress, at, null)],
            },
            whole: true, CancellationToken.None);
        await _plane.ApplyAsync(new PolicyChanges { NameServer = IPAddress.Parse(dns) }, whole: true, CancellationToken.None);
        await using var forbidden = await Echo.ConnectAsync(_pods["client"].Space, _host.Host, IPAddress.Parse("10.83.0.1"), IPEndPoint.Parse($"{dns}:53"), 5353);
        await using var allowed = await Echo.ConnectAsync(_pods["friend"].Space, _host.Host, IPAddress.Parse("10.83.0.1"), IPEndPoint.Parse($"{dns}:53"), 5353);
        _servers.Add(await NamedServer.StartUdpAsync(_host.Host, "dns", 5353));
        using var ofClient = await _pods["client"].Space.SocketAsync(SocketType.Dgram);
        using var ofFriend = await _pods["friend"].Space.SocketAsync(SocketType.Dgram);
        Assert.StartsWith("dns ", await NamedServer.AskUdpAsync(ofClient, dns, 53), StringComparison.Ordinal);
        Assert.StartsWith("dns ", await NamedServer.AskUdpAsync(ofFriend, dns, 53), StringComparison.Ordinal);
        Assert.True(await forbidden.GoesOnAsync() && await allowed.GoesOnAsync(), "both ask");

        // One protocol, and then the other.
        await PutAsync(_plane, """{"podSelector":{"matchLabels":{"name":"client"}},"policyTypes":["Egress"],"egress":[{"ports":[{"port":53,"protocol":"TCP"}]}]}""");
        Assert.Equal("unreachable", await NamedServer.AskUdpAsync(ofClient, dns, 53));
        Assert.True(await forbidden.GoesOnAsync(), "by TCP it may ask");
        await PutAsync(_plane, """{"podSelector":{"matchLabels":{"name":"client"}},"policyTypes":["Egress"],"egress":[{"to":[{"ipBlock":{"cidr":"10.43.0.0/16","except":["10.43.0.10/32"]}}]}]}""");
        Assert.True(await forbidden.HasEndedAsync(), "what it has asked by TCP has ended");
        Assert.True(await forbidden.IsResetAsync(), "it is told at once");
        Assert.True(await allowed.GoesOnAsync(), "the other pod's goes on");
        Assert.StartsWith("dns ", await NamedServer.AskUdpAsync(ofFriend, dns, 53), StringComparison.Ordinal);

        // A new daemon ends what was forbidden while none was there.
        var changes = new PolicyChanges { NameServer = IPAddress.Parse(dns) };
        changes.Policies["x/all"] = Policy("""{"podSelector":{},"policyTypes":["Egress"]}""");
        _plane.Dispose();
        _plane = new PolicyPlane(_network, insulated: false);
        foreach (var (name, (pod, _)) in _pods)
        {
            await _plane.AdmitAsync(name, pod, CancellationToken.None);
        }

        await _plane.ApplyAsync(changes, whole: true, CancellationToken.None);
        Assert.True(await allowed.HasEndedAsync(), "what was forbidden meanwhile has ended");
        Assert.Equal("unreachable", await NamedServer.AskUdpAsync(ofFriend, dns, 53));
    }

    private IPAddress Address(string name) => _pods[name].Pod.Addresses[0];

    private async Task<string> AskAsync(string from) => (await NamedServer.AskAsync(_pods[from].Space, Address("server").ToString(), 80)).Split(' ')[0];

    private static Task PutAsync(PolicyPlane plane, string? spec)
    {
        var changes = new PolicyChanges();
        changes.Policies["x/policy"] = spec is null ? null : Policy(spec);
        return plane.ApplyAsync(changes, whole: false, CancellationToken.None);
    }

    private Task ChangeAsync(Action<PolicyChanges> change)
    {
        var changes = new PolicyChanges();
        change(changes);
        return _plane.ApplyAsync(changes, whole: false, CancellationToken.None);
    }

    private static NetworkPolicy Policy(string spec)
    {
        var document = NetworkPolicyDefaults.Apply(new System.Text.Json.Nodes.JsonObject
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = "policy", ["namespace"] = "x", ["uid"] = Guid.NewGuid().ToString() },
            ["spec"] = System.Text.Json.Nodes.JsonNode.Parse(spec),
        });
        return ApiJson.Read<NetworkPolicy>(document);
    }

    private async Task AttachAsync(PolicyPlane plane, string space, string name)
    {
        var (made, addresses) = await _host.AttachAsync(_network, name);
        var pod = Pod(space, name) with { Addresses = addresses.Addresses };
        _pods[name] = (pod, made);
        await plane.AdmitAsync(name, pod, CancellationToken.None);
    }

    private static PolicyPod Pod(string space, string name, params (string Key, string Value)[] labels) => PolicyPod.Of(
        new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = space, Uid = name, Labels = labels.Append(("name", name)).ToDictionary(l => l.Item1, l => l.Item2) },
        },
        []);
}

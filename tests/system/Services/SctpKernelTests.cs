using System.Net;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Policies;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Network.Services;
using Insula.SystemTests.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Services;

/// <summary>SCTP through Services, ports of the machine and policies: what begins an association arrives translated and whole, and so does its answer.</summary>
public sealed class SctpKernelTests : IAsyncLifetime
{
    private const string ServiceAddress = "10.43.0.7";
    private const string HostAddress = "192.0.2.1";
    private const int ClientPort = 40000;
    private const int ServerPort = 3868;
    private TestHost _host = null!;
    private PodNetwork _network = null!;
    private ServicePlane _services = null!;
    private PolicyPlane _policies = null!;
    private TestNamespace _client = null!;
    private TestNamespace _server = null!;
    private string _clientAddress = "";
    private string _serverAddress = "";

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.CreateAsync();
        _network = await _host.StartAsync();
        _services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        _policies = new PolicyPlane(_network, insulated: false);
        await _policies.ApplyAsync(new PolicyChanges(), whole: true, CancellationToken.None);
        await ApplyAsync(whole: true);
        (_client, _clientAddress) = await PodAsync("client");
        (_server, _serverAddress) = await PodAsync("server");
    }

    public async ValueTask DisposeAsync()
    {
        _services.Dispose();
        _policies.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_Service_leads_it_to_the_pod_and_back()
    {
        await ApplyAsync(whole: false, new FrontendTargets(new(ServiceAddress, "SCTP", 36412), FrontendKind.ServiceAddress, [To(_serverAddress)], null));
        await AssociatesAsync(_client, ServiceAddress, 36412, _clientAddress);
        await AssociatesAsync(_host.Host, ServiceAddress, 36412, "10.83.0.1");

        // The port of another protocol is another port.
        Assert.Equal("refused", await NamedServer.AskAsync(_client, ServiceAddress, 36412));
    }

    [Fact]
    public async Task A_node_port_and_a_host_port_show_the_client_s_address()
    {
        await ApplyAsync(
            whole: false, new FrontendTargets(new("0.0.0.0", "SCTP", 30412), FrontendKind.NodePort, [To(_serverAddress)], null),
            new FrontendTargets(new("0.0.0.0", "SCTP", 36412), FrontendKind.HostPort, [To(_serverAddress)], null));
        await AssociatesAsync(_host.Outside, HostAddress, 30412, "192.0.2.2");
        await AssociatesAsync(_host.Outside, HostAddress, 36412, "192.0.2.2");
        await AssociatesAsync(_client, HostAddress, 30412, _clientAddress);

        // The doors are for these ports.
        Assert.Equal("silence", await BeginsAsync(_host.Outside, _serverAddress, ServerPort));
    }

    [Fact]
    public async Task What_leads_nowhere_is_refused()
    {
        await ApplyAsync(
            whole: false, new FrontendTargets(new(ServiceAddress, "SCTP", 36412), FrontendKind.ServiceAddress, [], null), new FrontendTargets(new("0.0.0.0", "SCTP", 30412), FrontendKind.NodePort, [], null));
        Assert.Equal("refused", await BeginsAsync(_client, ServiceAddress, 36412));
        Assert.Equal("refused", await BeginsAsync(_client, "10.43.99.99", 36412));
        Assert.Equal("refused", await BeginsAsync(_host.Outside, HostAddress, 30412));
    }

    [Fact]
    public async Task A_policy_tells_it_from_other_protocols()
    {
        await ApplyAsync(whole: false, new FrontendTargets(new(ServiceAddress, "SCTP", 36412), FrontendKind.ServiceAddress, [To(_serverAddress)], null));
        await PutAsync("""{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[{"ports":[{"protocol":"SCTP","port":3868}]}]}""");
        await AssociatesAsync(_client, _serverAddress, ServerPort, _clientAddress);
        await AssociatesAsync(_client, ServiceAddress, 36412, _clientAddress);
        Assert.Equal("unreachable", await BeginsAsync(_client, _serverAddress, ServerPort + 1));
        Assert.Equal("unreachable", await NamedServer.AskAsync(_client, _serverAddress, ServerPort));
        await PutAsync("""{"podSelector":{"matchLabels":{"name":"server"}},"ingress":[{"ports":[{"protocol":"TCP","port":3868}]}]}""");
        Assert.Equal("unreachable", await BeginsAsync(_client, _serverAddress, ServerPort));
        Assert.Equal("unreachable", await BeginsAsync(_client, ServiceAddress, 36412));
        await PutAsync("""{"podSelector":{"matchLabels":{"name":"client"}},"policyTypes":["Egress"],"egress":[{"ports":[{"protocol":"SCTP","port":3868,"endPort":3869}]}]}""");
        await AssociatesAsync(_client, _serverAddress, ServerPort, _clientAddress);
        Assert.Equal("unreachable", await BeginsAsync(_client, _serverAddress, ServerPort + 2));
    }

    /// <summary>What begins an association arrives as it was sent but for the addresses, and so does the answer.</summary>
    private async Task AssociatesAsync(TestNamespace from, string address, int port, string seenAs)
    {
        using var client = await SctpEnd.OpenAsync(from);
        using var server = await SctpEnd.OpenAsync(_server);
        await client.BeginAsync(ClientPort, new IPEndPoint(IPAddress.Parse(address), port), 0x1234abcd);
        var (init, word) = await server.ReceiveAsync(ServerPort);
        Assert.True(init is not null, $"the first packet does not arrive: {word}");
        Assert.True(init is { IsInit: true, Intact: true, InitTag: 0x1234abcd, Tag: 0 }, $"the first packet arrives as {init}");
        Assert.Equal((seenAs, _serverAddress), (init.From.Address.ToString(), init.To.Address.ToString()));
        await server.AnswerAsync(init, 0x5678ef01);
        var (answer, none) = await client.ReceiveAsync(ClientPort);
        Assert.True(answer is not null, $"the answer does not arrive: {none}");
        Assert.True(answer is { IsAnswer: true, Intact: true, InitTag: 0x5678ef01, Tag: 0x1234abcd }, $"the answer arrives as {answer}");
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), answer.From);
    }

    /// <summary>What becomes of the first packet where nobody answers it.</summary>
    private static async Task<string> BeginsAsync(TestNamespace from, string address, int port)
    {
        using var client = await SctpEnd.OpenAsync(from);
        await client.BeginAsync(ClientPort + 1, new IPEndPoint(IPAddress.Parse(address), port), 7);
        return (await client.ReceiveAsync(ClientPort + 1, 2 * NamedServer.Silence)).Word;
    }

    private static Target To(string address) => new(PackedAddress.Parse(address), ServerPort);

    private Task ApplyAsync(bool whole, params FrontendTargets[] frontends) =>
        _services.ApplyAsync(new Dictionary<string, IReadOnlyList<FrontendTargets>> { ["one"] = frontends }, whole, CancellationToken.None);

    private Task PutAsync(string spec)
    {
        var changes = new PolicyChanges();
        changes.Policies["x/policy"] = ApiJson.Read<NetworkPolicy>(NetworkPolicyDefaults.Apply(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "policy", ["namespace"] = "x", ["uid"] = Guid.NewGuid().ToString() },
            ["spec"] = JsonNode.Parse(spec),
        }));
        return _policies.ApplyAsync(changes, whole: false, CancellationToken.None);
    }

    private async Task<(TestNamespace Pod, string Address)> PodAsync(string name)
    {
        var (space, addresses) = await _host.AttachAsync(_network, $"{name}-0");
        var pod = PolicyPod.Of(
            new Pod { Metadata = new ObjectMeta { Name = name, Namespace = "x", Uid = name, Labels = new Dictionary<string, string> { ["name"] = name } } }, addresses.Addresses);
        await _policies.AdmitAsync(name, pod, CancellationToken.None);
        return (space, addresses.Primary.ToString());
    }
}

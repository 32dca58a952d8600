using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Network.Services;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Insula.SystemTests.Services;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Policies;

/// <summary>
/// Real connections between nine pods of three namespaces, the host and an outsider, under one set of policies after another, beside what
/// a slow and simple reading of the policies says.
/// </summary>
public sealed class PolicyMatrixKernelTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Doors = 30000;
    private static readonly int[] _ports = [80, 81];

    private readonly List<NamedServer> _servers = [];
    private readonly List<(PolicyOracle.End End, TestNamespace Space)> _pods = [];
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _namespaces = [];
    private TestHost _host = null!;
    private PodNetwork _network = null!;
    private ServicePlane _services = null!;
    private PolicyPlane _policies = null!;
    private PolicyOracle.End _itself = null!;
    private PolicyOracle.End _outsider = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.CreateAsync();
        _network = await _host.StartAsync();
        _services = new ServicePlane(_network, NullLogger<ServicePlane>.Instance);
        _policies = new PolicyPlane(_network, insulated: false);

        // By the address from which it answers pods.
        _itself = new("host", IPAddress.Parse("10.83.0.1")) { IsHost = true };
        _outsider = new("outsider", TestHost.OutsideAddress);
        Dictionary<string, IReadOnlyList<FrontendTargets>> doors = [];
        foreach (var space in (string[])["x", "y", "z"])
        {
            _namespaces[space] = new Dictionary<string, string> { ["space"] = space };
            foreach (var name in (string[])["a", "b", "c"])
            {
                // The same name is another port in one of them.
                var ports = new Dictionary<string, int> { ["web"] = name == "c" ? 81 : 80, ["other"] = name == "c" ? 80 : 81 };
                var (pod, addresses) = await _host.AttachAsync(_network, $"{space}-{name}");
                var end = new PolicyOracle.End($"{space}/{name}", addresses.Addresses[0], space, new Dictionary<string, string> { ["pod"] = name }, ports);
                await _policies.AdmitAsync(end.Name, Facts(end, addresses), CancellationToken.None);
                await ServeAsync(pod, end.Name);
                doors[end.Name] = [new(new("0.0.0.0", "TCP", Doors + _pods.Count), FrontendKind.HostPort, [new(PackedAddress.Of(end.Address), 80)], null)];
                _pods.Add((end, pod));
            }
        }

        await ServeAsync(_host.Host, "host");
        await ServeAsync(_host.Outside, "outsider");
        await _services.ApplyAsync(doors, whole: true, CancellationToken.None);
        var all = new PolicyChanges();
        foreach (var (name, labels) in _namespaces)
        {
            all.Namespaces[name] = labels;
        }

        await _policies.ApplyAsync(all, whole: true, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _policies.Dispose();
        _services.Dispose();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Connections_are_what_the_policies_say()
    {
        var seed = Environment.TickCount;
        var chance = new Random(seed);
        var tried = 0;
        var refused = 0;
        List<string> wrong = [];
        NetworkPolicy[] before = [];
        var rounds = PolicyMaker.Known.Concat(Enumerable.Range(1, 26).Select(i => ($"by chance {seed}/{i}", PolicyMaker.Random(chance)))).ToList();
        foreach (var (name, policies) in rounds)
        {
            // One transaction from one set of policies to the next.
            var changes = new PolicyChanges();
            before.ToList().ForEach(p => changes.Policies[$"{p.Metadata.Namespace}/{p.Metadata.Name}"] = null);
            policies.ToList().ForEach(p => changes.Policies[$"{p.Metadata.Namespace}/{p.Metadata.Name}"] = p);
            before = policies;
            await _policies.ApplyAsync(changes, whole: false, CancellationToken.None);
            var oracle = new PolicyOracle(policies, _namespaces);
            var answers = await Task.WhenAll(Connections(oracle).Select(async c => (c.Words, c.Allowed, Reached: await c.AskAsync())));
            tried += answers.Length;
            refused += answers.Count(a => !a.Allowed);
            wrong.AddRange(answers.Where(a => a.Allowed != a.Reached).Select(a => $"{name}: {a.Words} {(a.Reached ? "is possible" : "is not possible")}"));
        }

        output.WriteLine($"{rounds.Count} sets of policies, {tried} connections tried, {refused} of them forbidden");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {tried} connections are not as the policies say:\n{string.Join('\n', wrong.Take(30))}");
        Assert.InRange(refused, tried / 20, tried * 19 / 20);

        // Nothing of them is left.
        var none = new PolicyChanges();
        before.ToList().ForEach(p => none.Policies[$"{p.Metadata.Namespace}/{p.Metadata.Name}"] = null);
        await _policies.ApplyAsync(none, whole: false, CancellationToken.None);
        var table = await _host.Host.ShAsync("nft list ruleset");
        Assert.DoesNotMatch(@"\b(policy_(in|out)|peers|ports)_", table);
    }

    private IEnumerable<(string Words, bool Allowed, Func<Task<bool>> AskAsync)> Connections(PolicyOracle oracle)
    {
        foreach (var (client, from) in _pods.Append((_itself, _host.Host)))
        {
            foreach (var (server, _) in _pods.Append((_itself, _host.Host)).Append((_outsider, _host.Outside)).Where(s => s.Item1 != client))
            {
                foreach (var port in _ports)
                {
                    yield return One(oracle, client, from, server, "TCP", port, server.Address, port);
                    yield return One(oracle, client, from, server, "UDP", port, server.Address, port);
                }
            }
        }

        // From outside pods are reached by doors alone.
        for (var i = 0; i < _pods.Count; i++)
        {
            yield return One(oracle, _outsider, _host.Outside, _pods[i].End, "TCP", 80, TestHost.HostAddress, Doors + i);
        }
    }

    private static (string Words, bool Allowed, Func<Task<bool>> AskAsync) One(
        PolicyOracle oracle, PolicyOracle.End client, TestNamespace from, PolicyOracle.End server, string protocol, int port, IPAddress at, int atPort)
    {
        var allowed = oracle.Allows(client, server, protocol, port);
        return ($"{client.Name} to {server.Name} {protocol} {port}", allowed, async () =>
        {
            // What is expected may take its time, also on a busy machine.
            var limit = allowed ? (int)(Eventually.Slowness * 10_000) : NamedServer.Silence;
            if (protocol == "TCP")
            {
                return (await NamedServer.AskAsync(from, at.ToString(), atPort, limit)).StartsWith($"{server.Name} ", StringComparison.Ordinal);
            }

            using var socket = await from.SocketAsync(SocketType.Dgram);
            return (await NamedServer.AskUdpAsync(socket, at.ToString(), atPort, limit)).StartsWith($"{server.Name} ", StringComparison.Ordinal);
        }
        );
    }

    private async Task ServeAsync(TestNamespace space, string name)
    {
        foreach (var port in _ports)
        {
            _servers.Add(await NamedServer.StartAsync(space, name, port));
        }
    }

    private static PolicyPod Facts(PolicyOracle.End end, PodAddresses addresses) => PolicyPod.Of(
        new Pod
        {
            Metadata = new ObjectMeta { Name = end.Name, Namespace = end.Namespace, Uid = end.Name, Labels = end.Labels! },
            Spec = new PodSpec
            {
                Containers =
                [
                    new Container
                    {
                        Name = "c",
                        Ports = [.. end.Ports!.SelectMany(p => (ContainerPort[])[new() { Name = p.Key, Port = p.Value, Protocol = "TCP" }, new() { Name = p.Key, Port = p.Value, Protocol = "UDP" }])],
                    },
                ],
            },
        },
        addresses.Addresses);
}

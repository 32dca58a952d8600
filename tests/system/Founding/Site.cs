using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Ingresses;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Founding;

/// <summary>
/// A site as its operator sees it: workers on one network, a load balancer in front that knows nothing but their addresses and health ports, and
/// clients behind another link.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    /// <summary>The host that clients ask for.</summary>
    public const string Host = "shop.example";

    /// <summary>How often the balancer asks a worker for its health.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>After so many bad answers a worker is out.</summary>
    public const int Fall = 2;

    private const string Bridge = "lan";
    private const string BalancerAddress = "192.0.2.254";

    private readonly TestNamespace _balancer = new();
    private readonly TestNamespace _clients = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-site-").FullName;
    private HostProgram? _proxy;

    /// <summary>The workers, each a machine of its own to its daemon.</summary>
    public List<Worker> Workers { get; } = [];

    /// <summary>Builds it: workers with the workload and an Ingress each, then the balancer.</summary>
    /// <param name="count">How many workers.</param>
    /// <param name="manifests">What each of them runs.</param>
    public async Task BuildAsync(int count, params IReadOnlyList<string> manifests)
    {
        await _balancer.ShAsync(
            $"ip link set lo up; ip link add {Bridge} type bridge; ip addr add {BalancerAddress}/24 dev {Bridge}; ip link set {Bridge} up;"
            + $"ip link add clients type veth peer name eth0 netns {_clients.Path}; ip addr add 198.51.100.1/24 dev clients; ip link set clients up");
        await _clients.ShAsync("ip link set lo up; ip addr add 198.51.100.2/24 dev eth0; ip link set eth0 up; ip route add default via 198.51.100.1");
        for (var i = 1; i <= count; i++)
        {
            Workers.Add(await Worker.StartAsync($"worker-{i}", $"192.0.2.{i}", PlugAsync));
        }

        await Task.WhenAll(Workers.Select(w => w.RunAsync(manifests)));
        await StartBalancerAsync();
    }

    /// <summary>Clients that ask the balancer.</summary>
    public ClosedLoop Clients() => new(_clients, new IPEndPoint(IPAddress.Parse(BalancerAddress), 80), Host);

    /// <summary>One page, as a client gets it.</summary>
    public async Task<string> FetchAsync() => (await Commands.RunAsync(
        "nsenter", [$"--net={_clients.Path}", "curl", "-sS", "--noproxy", "*", "--max-time", "10", "-H", $"Host: {Host}", $"http://{BalancerAddress}/"])).Output;

    /// <summary>What the balancer thinks of each worker, UP or DOWN; empty before it has begun.</summary>
    public async Task<string> HealthAsync()
    {
        var csv = (await Commands.RunAsync("nsenter", [$"--net={_balancer.Path}", "curl", "-sS", "--noproxy", "*", "http://127.0.0.1:8405/stats;csv"])).Output;
        return string.Join(' ', csv.Split('\n').Select(l => l.Split(',')).Where(c => c is ["workers", not "BACKEND", ..]).Select(c => $"{c[1]}={c[17].Split(' ')[0]}"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        foreach (var worker in Workers)
        {
            await worker.DisposeAsync();
        }

        _clients.Dispose();
        _balancer.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task PlugAsync(TestNamespace worker, string name, string address)
    {
        await worker.ShAsync($"ip link add up0 type veth peer name {name} netns {_balancer.Path}; ip addr add {address}/24 dev up0; ip link set up0 up; ip route add default via {BalancerAddress}");
        await _balancer.ShAsync($"ip link set {name} master {Bridge}; ip link set {name} up");
    }

    // Nothing here is Insula's: any balancer that can ask for a page would do.
    private async Task StartBalancerAsync()
    {
        var servers = Workers.Select(w => $"  server {w.Name} {w.Address}:80 check port {w.HealthPort}");
        var file = Path.Combine(_directory, "haproxy.cfg");
        await File.WriteAllTextAsync(
            file,
            $"""
            defaults
              mode http
              timeout connect 1s
              timeout client 30s
              timeout server 5s
              timeout check 250ms
              retries 3
              option redispatch 1
              retry-on conn-failure empty-response response-timeout 503
            frontend site
              bind {BalancerAddress}:80
              http-request disable-l7-retry if !METH_GET
              default_backend workers
            frontend statistics
              bind 127.0.0.1:8405
              stats enable
              stats uri /stats
            backend workers
              balance roundrobin
              option httpchk GET /healthz
              default-server inter {Interval.TotalMilliseconds}ms fall {Fall} rise 1
            {string.Join('\n', servers)}

            """);
        _proxy = HostProgram.Start("nsenter", $"--net={_balancer.Path}", "haproxy", "-f", file, "-db");
        await Eventually.TrueAsync(async () => await HealthAsync() == string.Join(' ', Workers.Select(w => $"{w.Name}=UP")), "the balancer finds all workers healthy");
    }
}

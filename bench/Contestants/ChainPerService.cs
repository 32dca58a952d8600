using System.Diagnostics;
using System.Globalization;
using System.Text;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>
/// Services as kube-proxy lays them out in nftables: a map of verdicts leads to a chain for each Service, which leads to one for each of its two
/// endpoints. In an enclosure of its own, between two namespaces with routed links, as pods have them; beside them two with a veth and nothing else.
/// </summary>
internal sealed class ChainPerService : IAsyncDisposable
{
    /// <summary>Where the server is.</summary>
    public const string Server = "10.99.2.2";

    /// <summary>Where it is for the two that have a veth and nothing else.</summary>
    public const string PlainServer = "10.98.0.2";

    private readonly BenchContext _context;
    private readonly Enclosure _enclosure;
    private readonly List<Process> _servers = [];

    private ChainPerService(BenchContext context, Enclosure enclosure) => (_context, _enclosure) = (context, enclosure);

    /// <summary>Makes the namespaces, and the servers in them.</summary>
    public static async Task<ChainPerService> StartAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var made = new ChainPerService(context, await Enclosure.ForPeersAsync(cancellationToken));
        await made.ShellAsync(
            """
            for name in client server plain-client plain-server; do ip netns add $name; ip -n $name link set lo up; done
            number=1
            for name in client server; do
                ip link add $name type veth peer name eth0 netns $name
                ip addr add 10.99.$number.1/24 dev $name; ip link set $name up
                ip -n $name addr add 10.99.$number.2/24 dev eth0; ip -n $name link set eth0 up; ip -n $name route add default via 10.99.$number.1
                number=2
            done
            ip -n plain-client link add eth0 type veth peer name eth0 netns plain-server
            ip -n plain-client addr add 10.98.0.1/24 dev eth0; ip -n plain-client link set eth0 up
            ip -n plain-server addr add 10.98.0.2/24 dev eth0; ip -n plain-server link set eth0 up
            echo 1 > /proc/sys/net/ipv4/ip_forward
            """, cancellationToken);
        foreach (var space in (string[])["server", "plain-server"])
        {
            foreach (var words in (string[][])[["serve", "8080", "a"], ["serve", "8081", "b"], ["sink", "9000"]])
            {
                string[] all = [.. made._enclosure.Words, "ip", "netns", "exec", space, Path.Combine(context.Tools, "wire"), .. words];
                made._servers.Add(Process.Start(new ProcessStartInfo(all[0], all[1..]))!);
            }
        }

        return made;
    }

    /// <summary>Loads so many Services, instead of those before, in one transaction.</summary>
    /// <returns>The milliseconds it took.</returns>
    public async Task<double> LoadAsync(int count, CancellationToken cancellationToken)
    {
        var text = new StringBuilder("table ip kube { }\ndelete table ip kube\ntable ip kube {\n");
        text.Append("  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { ");
        text.AppendJoin(", ", Enumerable.Range(0, count).Select(i => $"{Address(i)} . tcp . 80 : goto service-{i}")).Append(" } }\n");
        for (var i = 0; i < count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  chain service-{i} {{ numgen random mod 2 vmap {{ 0 : goto endpoint-{i}-0, 1 : goto endpoint-{i}-1 }}; }}\n");
            text.Append(Endpoint(i, 0, 8080)).Append(Endpoint(i, 1, 8081));
        }

        text.Append("  chain mark-for-masquerade { meta mark set meta mark or 0x4000; }\n");
        text.Append("  chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }\n");
        text.Append("  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }\n");
        text.Append("  chain nat-output { type nat hook output priority -100; jump services; }\n");
        text.Append("  chain nat-postrouting { type nat hook postrouting priority srcnat; meta mark & 0x4000 == 0x4000 masquerade fully-random; }\n}\n");
        return await ApplyAsync(text.ToString(), cancellationToken);
    }

    /// <summary>Changes where the first Service leads.</summary>
    /// <returns>The milliseconds it took.</returns>
    public Task<double> ChangeAsync(int port, CancellationToken cancellationToken) => ApplyAsync(string.Create(
        CultureInfo.InvariantCulture,
        $"flush chain ip kube endpoint-0-0\nadd rule ip kube endpoint-0-0 meta l4proto tcp dnat to {Server}:{port}\nflush chain ip kube endpoint-0-1\nadd rule ip kube endpoint-0-1 meta l4proto tcp dnat to {Server}:{port}\n"),
        cancellationToken);

    /// <summary>Runs <c>wire</c> in the client's namespace.</summary>
    public Task<string> WireAsync(bool plain, IEnumerable<string> words, CancellationToken cancellationToken) =>
        Command.RunAsync([.. _enclosure.Words, "ip", "netns", "exec", plain ? "plain-client" : "client", Path.Combine(_context.Tools, "wire"), .. words], cancellationToken);

    /// <summary>The address of a Service.</summary>
    public static string Address(int number) => string.Create(CultureInfo.InvariantCulture, $"10.43.{10 + (number / 250)}.{1 + (number % 250)}");

    /// <summary>Takes all of them away.</summary>
    public Task ClearAsync(CancellationToken cancellationToken) => ApplyAsync("table ip kube { }\ndelete table ip kube\n", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _enclosure.DisposeAsync();
        foreach (var server in _servers)
        {
            await server.WaitForExitAsync();
            server.Dispose();
        }
    }

    private static string Endpoint(int service, int number, int port) => string.Create(
        CultureInfo.InvariantCulture, $"  chain endpoint-{service}-{number} {{ ip saddr {Server} jump mark-for-masquerade; meta l4proto tcp dnat to {Server}:{port}; }}\n");

    private async Task<double> ApplyAsync(string script, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_context.Work, "kube.nft");
        await File.WriteAllTextAsync(file, script, cancellationToken);
        var clock = Stopwatch.StartNew();
        await Command.RunAsync([.. _enclosure.Words, "nft", "-f", file], cancellationToken);
        return clock.Elapsed.TotalMilliseconds;
    }

    private Task<string> ShellAsync(string script, CancellationToken cancellationToken) => Command.RunAsync([.. _enclosure.Words, "sh", "-ec", script], cancellationToken);
}

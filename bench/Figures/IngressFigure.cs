using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>Requests through the Ingress beside the same through HAProxy alone.</summary>
internal static partial class IngressFigure
{
    private const string Plain = "HAProxy alone";
    private const string Ingress = "Ingress";
    private const int BackendPort = 9000;
    private const int PlainPort = 9001;

    public static Figure Create() => new(
        "ingress",
        "Ingress",
        "16 connections that stay, each with the next request as soon as it has an answer (`wrk`), to a server of a few bytes: by the address of the Service of the Ingress, whose HAProxy is in a pod, "
        + "and by a HAProxy with the least configuration beside the server, in turns. Then the Ingress once more, while every half second another Ingress comes, which is another configuration to load, and an endpoint of the Service asked for comes or goes.",
        "",
        [new("requests a second, beside HAProxy alone", "one host and path of a hundred", $"{Ingress} requests/s", $"{Plain} requests/s", 0.6, AtLeast: true, "×")],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        if (!Command.Exists("wrk") || !Command.Exists("haproxy"))
        {
            samples.Skipped.Add("ingress: wrk or haproxy is not installed");
            return;
        }

        await using var daemon = await Insulad.StartAsync(context, cancellationToken);
        await using var server = await HAProxyAsync(context, daemon, "server", BackendPort, "http-request return status 200 content-type text/plain string hello", cancellationToken);
        var machine = await FurnishAsync(daemon, cancellationToken);
        await using var plain = await HAProxyAsync(
            context, daemon, "plain", PlainPort, $"server one {machine}:{BackendPort.ToString(CultureInfo.InvariantCulture)}", cancellationToken);
        var service = (string)(await daemon.SendAsync(HttpMethod.Get, "/api/v1/namespaces/insula-system/services/insula-ingress", null, cancellationToken))["spec"]!["clusterIP"]!;
        for (var round = 0; round < context.Count(whole: 7, quick: 2); round++)
        {
            context.Say($"ingress: round {round + 1}");
            foreach (var (name, address) in new[] { (Plain, $"{machine}:{PlainPort.ToString(CultureInfo.InvariantCulture)}"), (Ingress, service) })
            {
                Add(samples, name, round, await WrkAsync(context, daemon, address, cancellationToken));
            }

            var under = WrkAsync(context, daemon, service, cancellationToken);
            var change = 0;
            while (await Task.WhenAny(under, Task.Delay(500, cancellationToken)) != under)
            {
                await ApplyAsync(daemon, Manifest(100 + change), cancellationToken);
                await ApplyAsync(daemon, Endpoints(machine, change % 2 == 0), cancellationToken);
                change++;
            }

            Add(samples, $"{Ingress} with changes", round, await under);
        }

        await Command.RunAsync(daemon.Cli("delete", "ingress", "--all"), cancellationToken);
    }

    /// <summary>A hundred hosts, and what they lead to; the machine's address as pods see it.</summary>
    private static async Task<string> FurnishAsync(Insulad daemon, CancellationToken cancellationToken)
    {
        await ApplyAsync(daemon, """{"apiVersion":"v1","kind":"Service","metadata":{"name":"hello"},"spec":{"ports":[{"port":80}]}}""", cancellationToken);
        await ApplyAsync(daemon, string.Join("\n---\n", Enumerable.Range(0, 100).Select(Manifest)), cancellationToken);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(1); await Task.Delay(50, cancellationToken))
        {
            var ingress = await daemon.SendAsync(HttpMethod.Get, "/apis/networking.k8s.io/v1/namespaces/default/ingresses/hello-99", null, cancellationToken);
            if (ingress["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] is { } address)
            {
                await ApplyAsync(daemon, Endpoints(address.ToString(), false), cancellationToken);
                return address.ToString();
            }
        }

        throw new InvalidOperationException("the Ingress is not served within a minute");
    }

    private static void Add(Samples samples, string name, int round, (double Rate, double Median, double Late, double Failed) measured)
    {
        samples.Add($"{name} requests/s", round, measured.Rate);
        samples.Add($"{name} ms, median", round, measured.Median);
        samples.Add($"{name} ms, p99", round, measured.Late);
        samples.Add($"{name} failed", round, measured.Failed);
    }

    private static string Manifest(int number) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"hello-{{{number}}}"},"spec":{"rules":[{"host":"h{{{number}}}.example","http":{"paths":[{"path":"/hello","pathType":"Prefix","backend":{"service":{"name":"hello","port":{"number":80} } } }] } }] } }""");

    private static string Endpoints(string machine, bool twice) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"hello"},"subsets":[{"addresses":[{"ip":"{{{machine}}}"}],"ports":[{"port":{{{BackendPort}}} }] }{{{(twice ? string.Create(CultureInfo.InvariantCulture, $$$""",{"addresses":[{"ip":"{{{machine}}}"}],"ports":[{"port":{{{PlainPort}}} }] }""") : "")}}}] }""");

    private static async Task ApplyAsync(Insulad daemon, string manifest, CancellationToken cancellationToken)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, manifest, Encoding.UTF8, cancellationToken);
            await Command.RunAsync(daemon.Cli("apply", "-f", file), cancellationToken);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<(double Rate, double Median, double Late, double Failed)> WrkAsync(BenchContext context, Insulad daemon, string address, CancellationToken cancellationToken)
    {
        var said = await Command.RunAsync(
            [.. daemon.Enclosure.Words, "wrk", "-t1", "-c16", $"-d{context.Count(whole: 5, quick: 2).ToString(CultureInfo.InvariantCulture)}s", "--latency", "-H", "Host: h42.example", $"http://{address}/hello"], cancellationToken);
        double Number(string pattern) => Regex.Match(said, pattern) is { Success: true } found ? double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        var sockets = SocketErrors().Match(said);
        var failed = Number(@"Non-2xx or 3xx responses: (\d+)") + (sockets.Success ? sockets.Groups.Values.Skip(1).Sum(g => double.Parse(g.Value, CultureInfo.InvariantCulture)) : 0);
        return (Number(@"Requests/sec:\s+([\d.]+)"), Milliseconds(said, "50%"), Milliseconds(said, "99%"), failed);
    }

    private static double Milliseconds(string said, string part) =>
        Regex.Match(said, $@"{part}\s+([\d.]+)(us|ms|s)") is { Success: true } found
            ? double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) * (found.Groups[2].Value switch { "us" => 0.001, "s" => 1000, _ => 1 })
            : throw new InvalidOperationException($"wrk says something else: {said}");

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex SocketErrors();

    private static async Task<IAsyncDisposable> HAProxyAsync(BenchContext context, Insulad daemon, string name, int port, string rest, CancellationToken cancellationToken)
    {
        var file = Path.Combine(context.Work, $"{name}.cfg");
        await File.WriteAllTextAsync(
            file, $"global\n  maxconn 4000\n  no strict-limits\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten {name}\n  bind :{port.ToString(CultureInfo.InvariantCulture)}\n  {rest}\n", cancellationToken);
        string[] words = [.. daemon.Enclosure.Words, "sh", "-c", "exec \"$@\" >/dev/null 2>&1", "sh", "/usr/sbin/haproxy", "-db", "-f", file];
        var running = new Running(Process.Start(new ProcessStartInfo(words[0], words[1..]))!);
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20, cancellationToken))
        {
            try
            {
                await Command.RunAsync([.. daemon.Enclosure.Words, "curl", "-s", $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/"], cancellationToken);
                return running;
            }
            catch (InvalidOperationException) when (clock.Elapsed < TimeSpan.FromSeconds(30))
            {
                // Not yet.
            }
        }
    }

    private sealed class Running(Process process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            var child = await File.ReadAllTextAsync($"/proc/{process.Id}/task/{process.Id}/children");
            Mono.Unix.Native.Syscall.kill(int.Parse(child.Trim(), CultureInfo.InvariantCulture), Mono.Unix.Native.Signum.SIGTERM);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}

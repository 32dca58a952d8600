using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>Connections through Services among few and among many, and what it takes to have so many.</summary>
internal static class ServiceFigure
{
    private const string Insula = "Insula";
    private const string Chains = "a chain per Service";
    private const string Direct = "no Service";
    private const string Few = "10 Services";
    private const string Many = "10,000 Services";
    private const string Pod = "/api/v1/namespaces/default/pods/";

    private static readonly (int Count, string Name)[] _sizes = [(10, Few), (1_000, "1,000 Services"), (10_000, Many)];

    public static Figure Create() => new(
        "services",
        "Services",
        "A pod makes connections one after the other to another by a Service's address, among 10, 1,000 and 10,000 Services of two endpoints each: the set-up of one (`connect`, median of some thousands) and how many there are a second with an answer of one character. "
        + "Beside it, in turns, two namespaces with routed links as pods have, where Services are laid out as kube-proxy does it in nftables, a chain for each and for each endpoint; and connections without a Service. One change: from the acknowledged (Insula) or begun (`nft`) change of an endpoint to a connection that goes there. "
        + "All of them: from the deletion of the table to the first connection; of the chains, `nft -f`. Memory: the daemon's PSS and the growth of the kernel's slabs from 10 to 10,000. Throughput: one TCP connection from pod to pod, and between two namespaces with a veth and nothing else.",
        "",
        [
            new("set-up of a connection among 10,000 Services beside 10", "connect by the address of one of them", $"{Insula}, {Many}: connect µs", $"{Insula}, {Few}: connect µs", 1.1, AtLeast: false, "×"),
            new("one change among 10,000 Services beside a chain for each", "until a connection goes where it leads now", $"{Insula}, {Many}: one change ms", $"{Chains}, {Many}: one change ms", 1, AtLeast: false, "×"),
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        await using var daemon = await Insulad.StartAsync(context, cancellationToken);
        await using var chains = await ChainPerService.StartAsync(context, cancellationToken);
        var server = await StartPodAsync(daemon, context, "server", "/told/wire serve 8080 a & /told/wire serve 8081 b & exec /told/wire sink 9000", cancellationToken);
        await StartPodAsync(daemon, context, "client", "trap 'exit 0' TERM; sleep 1000000 & wait", cancellationToken);
        await ThroughputAsync(context, daemon, chains, server, samples, cancellationToken);
        var have = 0;
        double before = 0;
        foreach (var (count, name) in _sizes)
        {
            context.Say($"services: {name}");
            var clock = Stopwatch.StartNew();
            await Parallel.ForEachAsync(Enumerable.Range(have, count - have), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (i, ct) =>
            {
                await SendAsync(daemon, HttpMethod.Post, "services", Service(i), ct);
                await SendAsync(daemon, HttpMethod.Post, "endpoints", Endpoints(i, server, 8080, 8081), ct);
            });
            await UntilAsync(daemon, ChainPerService.Address(count - 1), cancellationToken);
            samples.Add($"{Insula}, {name}: created by the API, each ms", 0, clock.Elapsed.TotalMilliseconds / (count - have));
            have = count;
            samples.Add($"{Chains}, {name}: all of them ms", 0, await chains.LoadAsync(count, cancellationToken));
            await RoundsAsync(context, daemon, chains, server, count, name, samples, cancellationToken);
            await ChangesAsync(context, daemon, chains, server, name, samples, cancellationToken);
            samples.Add($"{Insula}, {name}: daemon MB", 0, ProcessTree.ProportionalKilobytes(daemon.Pid) / 1024);
            await chains.ClearAsync(cancellationToken);
            before = await RebuildAsync(daemon, count, name, before, samples, cancellationToken);
        }
    }

    private static async Task RoundsAsync(
        BenchContext context, Insulad daemon, ChainPerService chains, string server, int count, string name, Samples samples, CancellationToken cancellationToken)
    {
        var number = context.Count(whole: 5000, quick: 2000).ToString(CultureInfo.InvariantCulture);
        IContestant Of(string who, Func<CancellationToken, Task<string>> run) => new Contestant($"{who}, {name}:", async (_, ct) =>
        {
            var words = (await run(ct)).Split(' ');
            return [("connect µs", double.Parse(words[0], CultureInfo.InvariantCulture)), ("connections/s", double.Parse(words[1], CultureInfo.InvariantCulture))];
        });

        // One in the middle: neither the first nor the last that came.
        var address = ChainPerService.Address(count / 2);
        await Contest.RunAsync(
            [
                Of(Insula, ct => WireAsync(daemon, ["connect", address, "80", number], ct)),
                Of(Chains, ct => chains.WireAsync(plain: false, ["connect", address, "80", number], ct)),
                Of($"{Direct}, {Insula}", ct => WireAsync(daemon, ["connect", server, "8080", number], ct)),
                Of($"{Direct}, namespaces", ct => chains.WireAsync(plain: false, ["connect", ChainPerService.Server, "8080", number], ct)),
            ],
            context.Count(whole: 11, quick: 5), 1, samples, (round, rounds) => context.Say($"services: {name}: round {round} of {rounds}"), cancellationToken);
    }

    private static async Task ChangesAsync(
        BenchContext context, Insulad daemon, ChainPerService chains, string server, string name, Samples samples, CancellationToken cancellationToken)
    {
        for (var round = 0; round < context.Count(whole: 11, quick: 5); round++)
        {
            var (port, answer) = round % 2 == 0 ? (8081, "b") : (8080, "a");
            var other = round % 2 == 0 ? 8080 : 8081;

            // Whoever waits for it connects all the time, and sees it first.
            await SendAsync(daemon, HttpMethod.Put, "endpoints/s0", Endpoints(0, server, other), cancellationToken);
            await UntilAsync(daemon, ChainPerService.Address(0), cancellationToken, answer == "b" ? "a" : "b");
            var seen = WireAsync(daemon, ["until", ChainPerService.Address(0), "80", answer], cancellationToken);
            await Task.Delay(300, cancellationToken);
            await SendAsync(daemon, HttpMethod.Put, "endpoints/s0", Endpoints(0, server, port), cancellationToken);
            var acknowledged = Stopwatch.GetTimestamp();
            samples.Add($"{Insula}, {name}: one change ms", round, Math.Max(0, (long.Parse(await seen, CultureInfo.InvariantCulture) - acknowledged) / 1e6));
            await chains.ChangeAsync(other, cancellationToken);
            seen = chains.WireAsync(plain: false, ["until", ChainPerService.Address(0), "80", answer], cancellationToken);
            await Task.Delay(300, cancellationToken);
            var begun = Stopwatch.GetTimestamp();
            await chains.ChangeAsync(port, cancellationToken);
            samples.Add($"{Chains}, {name}: one change ms", round, (long.Parse(await seen, CultureInfo.InvariantCulture) - begun) / 1e6);
        }

        await SendAsync(daemon, HttpMethod.Put, "endpoints/s0", Endpoints(0, server, 8080, 8081), cancellationToken);
    }

    /// <summary>Deletes the table, and waits for the daemon to have put it back; the kernel's slabs with it, from which those without are known.</summary>
    private static async Task<double> RebuildAsync(Insulad daemon, int count, string name, double before, Samples samples, CancellationToken cancellationToken)
    {
        var slabs = Slabs();
        if (before > 0)
        {
            samples.Add($"{Insula}, {name}: kernel MB more than with {Few}", 0, slabs - before);
        }

        var begun = Stopwatch.GetTimestamp();
        await Command.RunAsync([.. daemon.Enclosure.Words, "nft", "flush", "ruleset"], cancellationToken);
        var address = ChainPerService.Address(count - 1);
        var whole = long.Parse(await WireAsync(daemon, ["until", address, "80"], cancellationToken), CultureInfo.InvariantCulture);
        samples.Add($"{Insula}, {name}: all of them ms", 0, (whole - begun) / 1e6);
        return before > 0 ? before : slabs;
    }

    private static async Task ThroughputAsync(BenchContext context, Insulad daemon, ChainPerService chains, string server, Samples samples, CancellationToken cancellationToken)
    {
        var seconds = context.Count(whole: 4, quick: 2).ToString(CultureInfo.InvariantCulture);
        IContestant Of(string who, Func<CancellationToken, Task<string>> run) =>
            new Contestant(who, async (_, ct) => [("MB/s", double.Parse(await run(ct), CultureInfo.InvariantCulture))]);
        await Contest.RunAsync(
            [
                Of("pod to pod", ct => WireAsync(daemon, ["send", server, "9000", seconds], ct)),
                Of("two namespaces with a veth", ct => chains.WireAsync(plain: true, ["send", ChainPerService.PlainServer, "9000", seconds], ct)),
                Of("two namespaces with routed links", ct => chains.WireAsync(plain: false, ["send", ChainPerService.Server, "9000", seconds], ct)),
            ],
            context.Count(whole: 7, quick: 3), 1, samples, (round, rounds) => context.Say($"services: throughput: round {round} of {rounds}"), cancellationToken);
    }

    private static double Slabs() => File.ReadLines("/proc/meminfo").Where(l => l.StartsWith("Slab:", StringComparison.Ordinal))
        .Sum(l => double.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024;

    private static Task<string> WireAsync(Insulad daemon, IEnumerable<string> words, CancellationToken cancellationToken) =>
        Command.RunAsync(daemon.Cli(["exec", "client", "--", "/told/wire", .. words]), cancellationToken);

    private static Task<string> UntilAsync(Insulad daemon, string address, CancellationToken cancellationToken, string answer = "") =>
        WireAsync(daemon, answer.Length > 0 ? ["until", address, "80", answer] : ["until", address, "80"], cancellationToken);

    /// <summary>Starts a pod, and waits for its address and its process.</summary>
    private static async Task<string> StartPodAsync(Insulad daemon, BenchContext context, string name, string script, CancellationToken cancellationToken)
    {
        await daemon.SendAsync(
            HttpMethod.Post, Pod.TrimEnd('/'), new PodManifest(name) { Command = _ => PodManifest.Shell(script), Told = context.Tools, Limited = false }, cancellationToken);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(1); await Task.Delay(20, cancellationToken))
        {
            var pod = await daemon.SendAsync(HttpMethod.Get, Pod + name, null, cancellationToken);
            if (pod["status"]?["containerStatuses"]?[0]?["state"]?["running"] is not null)
            {
                return (string)pod["status"]!["podIP"]!;
            }
        }

        throw new InvalidOperationException($"the pod {name} does not run within a minute");
    }

    private static string Service(int number) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"s{{{number}}}"},"spec":{"clusterIP":"{{{ChainPerService.Address(number)}}}","ports":[{"port":80}]}}""");

    private static string Endpoints(int number, string server, params int[] ports) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"s{{{number}}}"},"subsets":[{{{string.Join(',', ports.Select(port => Subset(server, port)))}}}]}""");

    private static string Subset(string server, int port) => string.Create(CultureInfo.InvariantCulture, $$$"""{"addresses":[{"ip":"{{{server}}}"}],"ports":[{"port":{{{port}}} }]}""");

    private static async Task SendAsync(Insulad daemon, HttpMethod method, string path, string body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/namespaces/default/{path}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await daemon.Http.SendAsync(request, cancellationToken);
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Created))
        {
            throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }
}

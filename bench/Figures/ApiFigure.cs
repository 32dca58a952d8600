using System.Diagnostics;
using System.Globalization;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>Reading, writing and watching through the API.</summary>
internal static class ApiFigure
{
    private const int Watchers = 50;

    public static Figure Create() => new(
        "api",
        "The API",
        "One connection, one request after the other: a pod is read, and a label of it patched, which is on the disk when it is answered; then 50 watches of all pods, "
        + "until every one has shown a change.",
        "",
        [],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        var times = context.Count(whole: 2000, quick: 200);
        await using var daemon = await Insulad.StartAsync(context, cancellationToken);
        await Crowd.StartAsync(daemon, 0, 10, cancellationToken);
        const string Path = "/api/v1/namespaces/default/pods/crowd-0";
        for (var round = 0; round < 5; round++)
        {
            context.Say($"api: round {round + 1} of 5");
            samples.Add("reads/s", round, await RateAsync(times, _ => daemon.SendAsync(HttpMethod.Get, Path, null, cancellationToken)));
            samples.Add("writes/s", round, await RateAsync(times / 4, i => PatchAsync(daemon, Path, $"{round}-{i}", cancellationToken)));
        }

        var watches = new List<PodWatch>();
        for (var i = 0; i < Watchers; i++)
        {
            watches.Add(await PodWatch.StartAsync(daemon, cancellationToken));
        }

        for (var round = 0; round < context.Count(whole: 50, quick: 10); round++)
        {
            var label = $"fan-{round}";
            var began = Stopwatch.GetTimestamp();
            await PatchAsync(daemon, Path, label, cancellationToken);
            var moments = await Task.WhenAll(watches.Select(w => w.NextAsync(change => (string?)change.Pod["metadata"]!["labels"]?["bench"] == label, cancellationToken)));
            samples.Add($"ms until {Watchers} watches have shown a write", round, Stopwatch.GetElapsedTime(began, moments.Max()).TotalMilliseconds);
        }

        foreach (var watch in watches)
        {
            await watch.DisposeAsync();
        }
    }

    private static async Task PatchAsync(Insulad daemon, string path, string label, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, path)
        {
            Content = new StringContent($$$$"""{"metadata":{"labels":{"bench":"{{{{label}}}}"}}}""", System.Text.Encoding.UTF8, "application/merge-patch+json"),
        };
        using var response = await daemon.Http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<double> RateAsync(int times, Func<string, Task> work)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < times; i++)
        {
            await work(i.ToString(CultureInfo.InvariantCulture));
        }

        return times / clock.Elapsed.TotalSeconds;
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Insula.Bench.Contestants;

/// <summary>Many pods at once.</summary>
internal static class Crowd
{
    /// <summary>Creates pods at once and waits until all are Ready.</summary>
    /// <param name="daemon">Where.</param>
    /// <param name="from">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The milliseconds from the first request to the last Ready.</returns>
    public static async Task<double> StartAsync(Insulad daemon, int from, int count, CancellationToken cancellationToken)
    {
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);
        var waiting = Enumerable.Range(from, count).Select(Name).ToHashSet();
        var began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(waiting.ToList(), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (name, ct) =>
            await daemon.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods", Manifests.Pod(name, "busybox"), ct));
        var last = began;
        while (waiting.Count > 0)
        {
            last = await watch.NextAsync(change => change.Ready && waiting.Remove(change.Name), cancellationToken);
        }

        return Stopwatch.GetElapsedTime(began, last).TotalMilliseconds;
    }

    /// <summary>Deletes them at once and waits until all are gone.</summary>
    public static async Task<double> EndAsync(Insulad daemon, int from, int count, CancellationToken cancellationToken)
    {
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);
        var waiting = Enumerable.Range(from, count).Select(Name).ToHashSet();
        var began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(waiting.ToList(), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (name, ct) =>
            await daemon.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/pods/{name}", null, ct));
        var last = began;
        while (waiting.Count > 0)
        {
            last = await watch.NextAsync(change => change.Type == "DELETED" && waiting.Remove(change.Name), cancellationToken);
        }

        return Stopwatch.GetElapsedTime(began, last).TotalMilliseconds;
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"crowd-{number}");
}

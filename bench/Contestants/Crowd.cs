using System.Diagnostics;
using System.Globalization;

namespace Insula.Bench.Contestants;

/// <summary>Many pods at once.</summary>
internal static class Crowd
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>Creates pods at once and waits until all are Ready.</summary>
    /// <param name="daemon">Where.</param>
    /// <param name="from">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The milliseconds from the first request to the last Ready.</returns>
    public static Task<double> StartAsync(Insulad daemon, int from, int count, CancellationToken cancellationToken) =>
        StartAsync(daemon, [.. Enumerable.Range(from, count).Select(i => new PodManifest(Name(i)))], cancellationToken);

    /// <summary>The same with pods of another kind.</summary>
    public static async Task<double> StartAsync(Insulad daemon, IReadOnlyList<PodManifest> pods, CancellationToken cancellationToken)
    {
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);
        var waiting = pods.Select(pod => pod.Name).ToHashSet();
        var began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(pods, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (pod, ct) =>
            await daemon.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods", pod, ct));
        return await AwaitAllAsync(watch, began, waiting, change => change.Ready, "Ready", cancellationToken);
    }

    /// <summary>Deletes them at once and waits until all are gone.</summary>
    public static async Task<double> EndAsync(Insulad daemon, int from, int count, CancellationToken cancellationToken)
    {
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);
        var waiting = Enumerable.Range(from, count).Select(Name).ToHashSet();
        var began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(waiting.ToList(), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (name, ct) =>
            await daemon.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/pods/{name}", null, ct));
        return await AwaitAllAsync(watch, began, waiting, change => change.Type == "DELETED", "gone", cancellationToken);
    }

    /// <summary>The name of a number.</summary>
    public static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"crowd-{number}");

    private static async Task<double> AwaitAllAsync(
        PodWatch watch, long began, HashSet<string> waiting, Func<PodWatch.Change, bool> fits, string what, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        var last = began;
        try
        {
            while (waiting.Count > 0)
            {
                last = await watch.NextAsync(change => fits(change) && waiting.Remove(change.Name), limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"{waiting.Count} pods are not {what} within {s_limit.TotalSeconds} s, such as {waiting.First()}");
        }

        return Stopwatch.GetElapsedTime(began, last).TotalMilliseconds;
    }
}

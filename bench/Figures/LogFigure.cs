using System.Diagnostics;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>How fast a container can write its log.</summary>
internal static class LogFigure
{
    private const int Line = 100;

    public static Figure Create() => new(
        "logs",
        "Logs",
        "A container writes lines of 100 bytes as fast as it is let; the time is the container's own, from its first line to its end, and every line must be in the log.",
        "MB/s",
        [],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        var lines = context.Count(whole: 200_000, quick: 50_000);
        await using var daemon = await Insulad.StartAsync(context, cancellationToken);
        for (var round = 0; round < context.Count(whole: 7, quick: 2); round++)
        {
            context.Say($"logs: round {round + 1}");
            samples.Add("insula", round, await WriteAsync(daemon, $"log-{round}", lines, cancellationToken));
        }
    }

    private static async Task<double> WriteAsync(Insulad daemon, string name, int lines, CancellationToken cancellationToken)
    {
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);
        var script = $"yes {new string('x', Line - 1)} | head -n {lines}";
        var pod = Manifests.Pod(name, "busybox", script).Replace("\"spec\":{", "\"spec\":{\"restartPolicy\":\"Never\",", StringComparison.Ordinal)
            .Replace("\"cpu\":\"500m\",", "", StringComparison.Ordinal);
        await daemon.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods", pod, cancellationToken);
        var running = await watch.NextAsync(change => change.Name == name && (string?)change.Pod["status"]?["phase"] is "Running" or "Succeeded", cancellationToken);
        var ended = await watch.NextAsync(change => change.Name == name && (string?)change.Pod["status"]?["phase"] is "Succeeded" or "Failed", cancellationToken);
        using var log = await daemon.Http.GetAsync($"/api/v1/namespaces/default/pods/{name}/log", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var found = 0;
        using (var reader = new StreamReader(await log.Content.ReadAsStreamAsync(cancellationToken)))
        {
            while (await reader.ReadLineAsync(cancellationToken) is not null)
            {
                found++;
            }
        }

        await daemon.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/pods/{name}", null, cancellationToken);
        return found == lines
            ? lines * Line / 1e6 / Stopwatch.GetElapsedTime(running, ended).TotalSeconds
            : throw new InvalidOperationException($"{lines} lines were written, {found} are in the log");
    }
}

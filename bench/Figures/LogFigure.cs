using System.Diagnostics;
using System.Globalization;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>How fast a container can write its log, and whether all of it is there.</summary>
internal static class LogFigure
{
    private const int Line = 100;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    public static Figure Create() => new(
        "logs",
        "Logs",
        "A container writes lines of 100 bytes, 39 with each write(2), as fast as it is let; the time is the container's own, from its first write to the "
        + "return of its last. Every line must be in the log. Between stand our shim, podman's conmon (`k8s-file`), and containerd with its shim.",
        "MB/s",
        [
            new("log throughput, against conmon", "bytes a second", "insula", "podman", 1, AtLeast: true, "×"),
            new("log throughput, against containerd's shim", "bytes a second", "insula", "containerd", 1, AtLeast: true, "×"),
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        var lines = context.Count(whole: 200_000, quick: 50_000);
        await using var party = await Party.GatherAsync(context, samples, cancellationToken);
        var contestants = new List<IContestant> { Writer("insula", context, lines, (pod, ct) => InsulaAsync(party.Daemon, pod, ct)) };
        if (party.Podman is { } podman)
        {
            contestants.Add(Writer("podman", context, lines, (pod, ct) => PodmanAsync(podman, pod, ct)));
        }

        if (party.Containerd is { } containerd)
        {
            contestants.Add(Writer("containerd", context, lines, (pod, ct) => ContainerdAsync(containerd, pod, ct)));
        }

        await Contest.RunAsync(
            contestants, context.Count(whole: 15, quick: 2), warmUp: 1, samples, (round, of) => context.Say($"logs: round {round} of {of}"), cancellationToken);
    }

    private static Contestant Writer(string name, BenchContext context, int lines, Func<PodManifest, CancellationToken, Task<int>> run) => new(name, async (round, ct) =>
    {
        var told = Directory.CreateDirectory(Path.Combine(context.Work, $"told-{name}-{round}")).FullName;
        var pod = new PodManifest($"log-{round}")
        {
            Command = _ => ["guest", "write", lines.ToString(CultureInfo.InvariantCulture), "/told/time"],
            Told = told,
            Limited = false,
            Once = true,
        };
        var found = await run(pod, ct);
        var microseconds = double.Parse(await File.ReadAllTextAsync(Path.Combine(told, "time"), ct), CultureInfo.InvariantCulture);
        return found == lines
            ? [("", lines * Line / microseconds)]
            : throw new InvalidOperationException($"{name}: {lines} lines were written, {found} are in the log");
    });

    private static async Task<int> InsulaAsync(Insulad daemon, PodManifest pod, CancellationToken cancellationToken)
    {
        var path = $"/api/v1/namespaces/default/pods/{pod.Name}";
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);
        await daemon.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods", pod, cancellationToken);
        await watch.NextAsync(change => change.Name == pod.Name && (string?)change.Pod["status"]?["phase"] is "Succeeded" or "Failed", cancellationToken);
        using var log = await daemon.Http.GetAsync(path + "/log", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var found = await CountAsync(await log.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
        await daemon.SendAsync(HttpMethod.Delete, path, null, cancellationToken);
        return found;
    }

    private static async Task<int> PodmanAsync(Podman podman, PodManifest pod, CancellationToken cancellationToken)
    {
        var file = await podman.WriteAsync(pod, cancellationToken);
        await podman.PlayAsync(file, cancellationToken);
        await podman.RunAsync(["wait", $"{pod.Name}-main"], cancellationToken);
        var log = await podman.RunAsync(["inspect", "--format", "{{.HostConfig.LogConfig.Path}}", $"{pod.Name}-main"], cancellationToken);
        await using var stream = File.OpenRead(log.Trim());
        var found = await CountAsync(stream, cancellationToken);
        await podman.DownAsync(file, cancellationToken);
        return found;
    }

    private static async Task<int> ContainerdAsync(Containerd containerd, PodManifest pod, CancellationToken cancellationToken)
    {
        var running = await containerd.StartAsync(pod, cancellationToken);
        for (var clock = Stopwatch.StartNew(); !await containerd.HasEndedAsync(running, cancellationToken); await Task.Delay(20, cancellationToken))
        {
            if (clock.Elapsed > s_limit)
            {
                throw new InvalidOperationException($"containerd's container does not end within {s_limit.TotalSeconds} s");
            }
        }

        await using var stream = File.OpenRead(running.Log);
        var found = await CountAsync(stream, cancellationToken);
        await containerd.RemoveAsync(running, cancellationToken);
        return found;
    }

    // Of lines that the log of another was cut into (a `P` in the Kubernetes format) only the last part counts.
    private static async Task<int> CountAsync(Stream log, CancellationToken cancellationToken)
    {
        var found = 0;
        using var reader = new StreamReader(log);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            found += line.Contains(" stdout P ", StringComparison.Ordinal) ? 0 : 1;
        }

        return found;
    }
}

using System.Diagnostics;
using System.Globalization;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>A pod's life through the API: created, its container killed, deleted.</summary>
/// <param name="daemon">The daemon.</param>
/// <param name="name">What its rows are called.</param>
/// <param name="showsSteps">Whether the steps of the start have rows, too.</param>
internal sealed class InsulaLife(Insulad daemon, string name = "insula", bool showsSteps = true) : IContestant
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);

    public string Name => name;

    public async Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken)
    {
        var pod = $"life-{round}";
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);
        var began = Stopwatch.GetTimestamp();
        var made = await daemon.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods", new PodManifest(pod), cancellationToken);
        var running = await watch.NextAsync(change => change.Name == pod && change.Running, cancellationToken);

        var steps = await daemon.SendAsync(HttpMethod.Get, $"/apis/insula.dev/v1/namespaces/default/podtimings/{pod}", null, cancellationToken);
        var process = await ProcessAsync((string)made["metadata"]!["uid"]!, "main.0", cancellationToken);
        var killed = Stopwatch.GetTimestamp();
        _ = Mono.Unix.Native.Syscall.kill(process, Mono.Unix.Native.Signum.SIGKILL);
        var again = await watch.NextAsync(change => change.Name == pod && change.Restarts == 1 && Started(change), cancellationToken);

        await ProcessAsync((string)made["metadata"]!["uid"]!, "main.1", cancellationToken);
        var deleted = Stopwatch.GetTimestamp();
        await daemon.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/pods/{pod}", null, cancellationToken);
        var gone = await watch.NextAsync(change => change.Name == pod && change.Type == "DELETED", cancellationToken);
        return
        [
            ("start", Milliseconds(began, running)), ("restart", Milliseconds(killed, again)), ("delete", Milliseconds(deleted, gone)),
            .. steps["steps"]!.AsArray().Where(_ => showsSteps).Select(step => ($"start: {new string('·', (int)step!["depth"]!)}{step["name"]}", (double)step["microseconds"]! / 1000)),
        ];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;

    private static bool Started(PodWatch.Change change) => change.Pod["status"]!["containerStatuses"]![0]!["state"]!["running"] is not null;

    /// <summary>The first process of a container, by its cgroup, once its shell waits for its child: before that it would not hear a signal.</summary>
    private static async Task<int> ProcessAsync(string uid, string container, CancellationToken cancellationToken)
    {
        var hierarchy = Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
        var group = Directory.EnumerateDirectories(hierarchy, $"pod{uid}", SearchOption.AllDirectories).Single();
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(1, cancellationToken))
        {
            var processes = await File.ReadAllLinesAsync(Path.Combine(group, container, "cgroup.procs"), cancellationToken);
            if (processes.Length >= 2)
            {
                return processes.Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Min();
            }

            if (clock.Elapsed > s_startLimit)
            {
                throw new InvalidOperationException($"the shell of {container} and its child do not run within {s_startLimit.TotalSeconds} s");
            }
        }
    }
}

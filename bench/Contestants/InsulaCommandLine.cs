using System.Diagnostics;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>The same by the command line, as an operator or a script would.</summary>
internal sealed class InsulaCommandLine(Insulad daemon, BenchContext context) : IContestant
{
    public string Name => "insula-cli";

    public async Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken)
    {
        var file = Path.Combine(context.Work, "cli-pod.json");
        await File.WriteAllTextAsync(file, new PodManifest("cli").ToString(), cancellationToken);
        await using var watch = await PodWatch.StartAsync(daemon, cancellationToken);

        // `kube play` returns when the pod runs, `apply` when it is accepted: what counts is the later of its end and of Running.
        var began = Stopwatch.GetTimestamp();
        var apply = await Command.TimeAsync(context.Tools, [], daemon.Cli("apply", "-f", file), cancellationToken);
        var running = await watch.NextAsync(change => change.Name == "cli" && change.Running, cancellationToken);
        var delete = await Command.TimeAsync(context.Tools, [], daemon.Cli("delete", "pod", "cli"), cancellationToken);
        return [("start", Math.Max(apply, Stopwatch.GetElapsedTime(began, running).TotalMilliseconds)), ("delete", delete)];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

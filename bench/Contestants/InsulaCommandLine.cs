using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>The same by the command line, as an operator or a script would.</summary>
internal sealed class InsulaCommandLine(Insulad daemon, BenchContext context) : IContestant
{
    public string Name => "insula-cli";

    public async Task<IReadOnlyList<(string Name, double Milliseconds)>> RunAsync(int round, CancellationToken cancellationToken)
    {
        var file = Path.Combine(context.Work, "cli-pod.json");
        await File.WriteAllTextAsync(file, Manifests.Pod("cli", "busybox"), cancellationToken);

        // A file has been applied when its pods have been asked for: kube play returns later, when they run.
        var apply = await Command.TimeAsync(
            context.Tools, [], ["sh", "-c", "\"$0\" apply -f \"$1\" && \"$0\" wait pod/cli --for=condition=Ready --timeout=60s", .. Words(file)], cancellationToken);
        var delete = await Command.TimeAsync(context.Tools, [], daemon.Cli("delete", "pod", "cli"), cancellationToken);
        return [("start", apply), ("delete", delete)];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IEnumerable<string> Words(string file)
    {
        Environment.SetEnvironmentVariable("INSULA_SOCKET", daemon.Socket);
        return [Path.Combine(context.Programs, "insula"), file];
    }
}

using System.Diagnostics;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>A command in a running container.</summary>
internal static class ExecFigure
{
    private static readonly string[] s_command = ["true"];

    public static Figure Create() => new(
        "exec",
        "A command in a running container",
        "`true` is run in a container that runs already: by Insula's API (WebSocket), by containerd's (ExecSync), and by the command lines of all.",
        "ms",
        [
            new("exec, against `crun exec`", "upgrade sent → the command's status received, against the command line from its fork to its end", "insula", "crun", 1, AtLeast: false, "×"),
            new("exec by the command line, against `podman exec`", "both from their fork to their end", "insula-cli", "podman", 1, AtLeast: false, "×"),
            new("exec, against containerd's ExecSync", "request → answer, both", "insula", "containerd", 1, AtLeast: false, "×"),
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        await using var party = await Party.GatherAsync(context, samples, cancellationToken);
        await Crowd.StartAsync(party.Daemon, 0, 1, cancellationToken);
        var contestants = new List<IContestant>
        {
            Timed("insula", ct => party.Daemon.ExecAsync("crowd-0", s_command, ct)),
            Told("insula-cli", ct => Command.TimeAsync(context.Tools, [], party.Daemon.Cli(["exec", "crowd-0", "--", .. s_command]), ct)),
        };
        var runtimes = new List<OciRuntime>();
        foreach (var name in (string[])["crun", "runc"])
        {
            if (Party.Installed(name, samples))
            {
                var runtime = await OciRuntime.PrepareAsync(name, ["sleep", "1000000"], context, party.Enclosure, cancellationToken);
                await runtime.StartAsync("exec", cancellationToken);
                runtimes.Add(runtime);
                contestants.Add(Told(name, ct => runtime.ExecAsync("exec", s_command, ct)));
            }
        }

        var pod = new PodManifest("exec");
        if (party.Podman is { } podman)
        {
            await podman.PlayAsync(await podman.WriteAsync(pod, cancellationToken), cancellationToken);
            contestants.Add(Told("podman", ct => podman.TimeAsync(["exec", "exec-main", .. s_command], ct)));
        }

        if (party.Containerd is { } containerd)
        {
            var running = await containerd.StartAsync(pod, cancellationToken);
            contestants.Add(Timed("containerd", ct => containerd.ExecAsync(running, s_command, ct)));
        }

        await Contest.RunAsync(
            contestants, context.Count(whole: 50, quick: 5), context.Count(whole: 10, quick: 2), samples,
            (round, of) => context.Say($"exec: round {round} of {of}"), cancellationToken);
        foreach (var runtime in runtimes)
        {
            await runtime.EndAsync("exec", cancellationToken);
        }
    }

    private static Contestant Timed(string name, Func<CancellationToken, Task> work) => Told(name, async ct =>
    {
        var clock = Stopwatch.StartNew();
        await work(ct);
        return clock.Elapsed.TotalMilliseconds;
    });

    private static Contestant Told(string name, Func<CancellationToken, Task<double>> work) => new(name, async (_, ct) => [("", await work(ct))]);
}

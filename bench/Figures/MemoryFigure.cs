using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>The memory of pods that do nothing, and of the daemon.</summary>
internal static class MemoryFigure
{
    private const int Most = 100;

    // The daemon gives back what a burst took when it has been idle for a while.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(20), s_settlingForGates = TimeSpan.FromSeconds(18);

    public static Figure Create() => new(
        "memory",
        "Memory",
        "Proportional set sizes (PSS, smaps(5)) with idle pods: of what stands beside a container for each pod, and of the daemon, "
        + "after it has been left alone for twenty seconds. The containers' own memory counts for nobody.",
        "KB",
        [
            new("memory per idle pod: shim and helpers", "PSS of all that is not the container, with 50 pods", "insula shim", null, 200, AtLeast: false, "KB") { Gates = true },
            new("memory per idle pod: growth of the daemon", "(what is no file's with 100 pods − the same with 10) / 90: pages of the program come and go", "insulad per pod", null, 100, AtLeast: false, "KB") { Gates = true },
            new("daemon with 100 pods", "PSS", "insulad with 100 pods", null, 80 * 1024, AtLeast: false, "KB") { Gates = true },
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        await using (var daemon = await Insulad.StartAsync(context, cancellationToken))
        {
            if (!context.Gates)
            {
                samples.Add("insulad without pods", 0, await SettledAsync(daemon, context, cancellationToken));
            }

            await Crowd.StartAsync(daemon, 0, 10, cancellationToken);
            samples.Add("insulad with 10 pods", 0, await SettledAsync(daemon, context, cancellationToken));
            var few = Anonymous(daemon, "10 pods", samples);
            context.Say("memory: 50 pods");
            await Crowd.StartAsync(daemon, 10, 40, cancellationToken);
            var round = 0;
            foreach (var shim in ProcessTree.Below(daemon.Pid).Concat(ProcessTree.Below(daemon.Enclosure.Pid)).DistinctBy(p => p.Pid).Where(p => p.Name == "insula-shim"))
            {
                samples.Add("insula shim", round++, ProcessTree.ProportionalKilobytes(shim.Pid));
            }

            context.Say("memory: 100 pods");
            await Crowd.StartAsync(daemon, 50, Most - 50, cancellationToken);
            samples.Add("insulad with 100 pods", 0, await SettledAsync(daemon, context, cancellationToken));
            samples.Add("insulad per pod", 0, (Anonymous(daemon, "100 pods", samples) - few) / (Most - 10));
        }

        if (context.Gates)
        {
            return;
        }

        if (Command.Exists("podman"))
        {
            await MeasurePodmanAsync(context, samples, cancellationToken);
        }
        else
        {
            samples.Skipped.Add("podman: not installed");
        }
    }

    private static async Task MeasurePodmanAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        var pods = context.Count(whole: 20, quick: 3);
        await using var peers = await Enclosure.ForPeersAsync(cancellationToken);
        await using var podman = await Podman.PrepareAsync(context, peers, cancellationToken);
        for (var i = 0; i < pods; i++)
        {
            context.Say($"memory: podman's pod {i + 1} of {pods}");
            await podman.PlayAsync(await podman.WriteAsync($"memory-{i}", cancellationToken), cancellationToken);
        }

        var helpers = ProcessTree.Below(peers.Pid).Where(p => p.Name is not ("sh" or "sleep")).ToList();
        samples.Add("podman helpers", 0, helpers.Sum(p => ProcessTree.ProportionalKilobytes(p.Pid)) / pods);
    }

    private static double Anonymous(Insulad daemon, string pods, Samples samples)
    {
        var kilobytes = ProcessTree.AnonymousKilobytes(daemon.Pid);
        samples.Add($"insulad with {pods}, no file's", 0, kilobytes);
        return kilobytes;
    }

    private static async Task<double> SettledAsync(Insulad daemon, BenchContext context, CancellationToken cancellationToken)
    {
        await Task.Delay(context.Gates ? s_settlingForGates : s_settling, cancellationToken);
        return ProcessTree.ProportionalKilobytes(daemon.Pid);
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>A machine full of pods.</summary>
internal static class DensityFigure
{
    public static Figure Create() => new(
        "density",
        "500 pods, and a daemon that is killed",
        "Pods are added in steps until there are 500; the daemon's processor time is taken while nothing happens; with 200 pods it is killed and started again. Then once more, by another daemon: at each step "
        + "one more pod is started, its container killed, and deleted, several times in turn; with 500 the daemon is killed. The kernel looks at every process for each root that is changed, and at every group for some of "
        + "the work on one, so that these times grow with what is on the machine, whoever it belongs to.",
        "",
        [
            new("500 pods: idle daemon", "processor time in 10 s without probes, of one processor", "idle % with 500 pods", null, 1, AtLeast: false, "%"),
            new("daemon killed and restarted with 200 pods", "execve of the new one → it answers, everything adopted and nothing restarted", "adoption ms with 200 pods", null, 500, AtLeast: false, "ms"),
            new("500 pods: daemon's memory", "PSS", "insulad KB with 500 pods", null, 120 * 1024, AtLeast: false, "KB"),
            new("500 pods: idle daemon, a probe each", "the same with an HTTP probe a pod, every 10 s", "idle % with 500 pods, each with a probe", null, 2, AtLeast: false, "%"),
            new("threads of the daemon", "tasks of the process with all pods: no pod adds to them", "threads with all pods", null, 40, AtLeast: false, "") { Gates = true },
            new("descriptors of the daemon", "those of the process by the number of pods", "descriptors a pod", null, 16, AtLeast: false, "a pod") { Gates = true },
            new("inotify watches of the daemon", "those of the process by the number of pods", "inotify watches a pod", null, 1, AtLeast: false, "a pod") { Gates = true },
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        await using var daemon = await Insulad.StartAsync(context, cancellationToken);
        var pods = 0;
        foreach (var next in context.Gates ? (int[])[40] : context.Quick ? [20, 40] : [50, 100, 200, 300, 400, 500])
        {
            context.Say($"density: {next} pods");
            var milliseconds = await Crowd.StartAsync(daemon, pods, next - pods, cancellationToken);
            samples.Add($"start ms each, to {next} pods", 0, milliseconds / (next - pods));
            pods = next;
            if (next == 200)
            {
                await AdoptAsync(daemon, pods, samples, context.Count(whole: 5, quick: 1), cancellationToken);
            }
        }

        if (context.Gates)
        {
            Count(daemon, pods, samples);
            return;
        }

        await MeasureIdleAsync(daemon, pods, "", samples, cancellationToken);
        Count(daemon, pods, samples);
        samples.Add($"delete ms each, of {pods} pods", 0, await Crowd.EndAsync(daemon, 0, pods, cancellationToken) / pods);
        context.Say($"density: {pods} pods with a probe each");
        await Crowd.StartAsync(daemon, [.. Enumerable.Range(0, pods).Select(i => Probed(Crowd.Name(i)))], cancellationToken);
        await MeasureIdleAsync(daemon, pods, ", each with a probe", samples, cancellationToken);
        await Crowd.EndAsync(daemon, 0, pods, cancellationToken);
        await MeasureLivesAsync(context, samples, cancellationToken);
    }

    private static async Task MeasureLivesAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        await using var daemon = await Insulad.StartAsync(context, cancellationToken);
        await using var life = new InsulaLife(daemon, showsSteps: false);
        var pods = 0;
        foreach (var next in context.Quick ? (int[])[1, 20] : [1, 100, 200, 300, 400, 500])
        {
            context.Say($"density: lives beside {next} pods");
            await Crowd.StartAsync(daemon, pods, next - pods, cancellationToken);
            pods = next;
            for (var round = 0; round < context.Count(whole: 15, quick: 1); round++)
            {
                foreach (var (name, value) in await life.RunAsync(round, cancellationToken))
                {
                    samples.Add($"{name} of one, beside {pods}", round, value);
                }
            }
        }

        await AdoptAsync(daemon, pods, samples, context.Count(whole: 5, quick: 1), cancellationToken);
        await Crowd.EndAsync(daemon, 0, pods, cancellationToken);
    }

    // The period is that of a manifest that names none.
    private static PodManifest Probed(string name) => new(name)
    {
        Command = _ => ["guest", "serve", "/dev/null", "http:8000"],
        Probes = (_, which) => which == 0 ? null : new JsonObject { ["httpGet"] = new JsonObject { ["port"] = 8000 } },
    };

    private static async Task AdoptAsync(Insulad daemon, int pods, Samples samples, int times, CancellationToken cancellationToken)
    {
        var before = await StateAsync(daemon, cancellationToken);
        for (var round = 0; round < times; round++)
        {
            samples.Add($"adoption ms with {pods} pods", round, await daemon.KillAndRestartAsync(cancellationToken));
            if (await StateAsync(daemon, cancellationToken) != before)
            {
                throw new InvalidOperationException("a pod was restarted or changed its readiness when the daemon was killed");
            }
        }
    }

    private static async Task<string> StateAsync(Insulad daemon, CancellationToken cancellationToken)
    {
        var list = await daemon.SendAsync(HttpMethod.Get, "/api/v1/pods", null, cancellationToken);
        return string.Join('\n', list["items"]!.AsArray()
            .Select(pod => $"{pod!["metadata"]!["name"]} {pod["status"]!["containerStatuses"]![0]!["restartCount"]} {pod["status"]!["containerStatuses"]![0]!["ready"]}")
            .Order(StringComparer.Ordinal));
    }

    private static async Task MeasureIdleAsync(Insulad daemon, int pods, string with, Samples samples, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(15), cancellationToken);
        var (before, switches, clock) = (ProcessTree.ProcessorTime(daemon.Pid), ProcessTree.VoluntarySwitches(daemon.Pid), Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(10), cancellationToken);
        samples.Add($"idle % with {pods} pods{with}", 0, 100 * ((ProcessTree.ProcessorTime(daemon.Pid) - before) / clock.Elapsed));

        // Of threads that have ended meanwhile nobody tells any more.
        var woken = ProcessTree.VoluntarySwitches(daemon.Pid).Sum(thread => thread.Value - switches.GetValueOrDefault(thread.Key));
        samples.Add($"idle wake-ups/s with {pods} pods{with}", 0, woken / clock.Elapsed.TotalSeconds);
    }

    private static void Count(Insulad daemon, int pods, Samples samples)
    {
        var descriptors = Directory.GetFiles($"/proc/{daemon.Pid}/fdinfo");
        samples.Add($"insulad KB with {pods} pods", 0, ProcessTree.ProportionalKilobytes(daemon.Pid));
        samples.Add("threads with all pods", 0, Directory.EnumerateDirectories($"/proc/{daemon.Pid}/task").Count());
        samples.Add("descriptors a pod", 0, descriptors.Length / (double)pods);
        samples.Add("inotify watches a pod", 0, descriptors.Sum(Watches) / (double)pods);
    }

    private static int Watches(string descriptor)
    {
        try
        {
            return File.ReadAllLines(descriptor).Count(line => line.StartsWith("inotify ", StringComparison.Ordinal));
        }
        catch (FileNotFoundException)
        {
            // Closed since the directory was read.
            return 0;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>How many probes a second come when they are due.</summary>
internal static class ProbeFigure
{
    private const int Containers = 10; // a pod
    private const int ProbesPerPod = 2 * Containers;
    private const int Period = 200; // milliseconds
    private const double Late = 0.1; // of the period
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(3);

    public static Figure Create() => new(
        "probes",
        "Probes",
        "Pods of ten containers with a liveness and a readiness probe each, every 200 ms. The daemon and the shims are kept to one processor; the containers, which "
        + "answer, and are told by the kernel of each connection, run on all. A probe is late by what passed since the one before it over the period. Pods are added "
        + "until one of a thousand is late by more than 10 %; what is promised is the most at which none was, which a neighbour of this machine may spoil.",
        "",
        [
            new("HTTP probes a second on one processor", "none late by more than 10 %", "http probes/s, none late", null, 5000, AtLeast: true, "/s"),
            new("TCP probes a second on one processor", "none late by more than 10 %", "tcp probes/s, none late", null, 5000, AtLeast: true, "/s"),
            new("exec probes a second on one processor", "none late by more than 10 %", "exec probes/s, none late", null, 500, AtLeast: true, "/s"),
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        foreach (var (kind, steps) in context.Quick
            ? ((string, int[])[])[("http", [2, 5]), ("tcp", [2, 5]), ("grpc", [2]), ("exec", [1])]
            : [("http", [10, 20, 30, 40, 50, 55, 60]), ("tcp", [10, 20, 30, 40, 50, 55, 60]), ("grpc", [10, 20, 30, 40, 50]), ("exec", [1, 2, 3, 4, 5, 6, 8])])
        {
            await using var daemon = await Insulad.StartAsync(context, cancellationToken);
            await MeasureKindAsync(context, daemon, kind, steps, samples, cancellationToken);
        }
    }

    private static async Task MeasureKindAsync(
        BenchContext context, Insulad daemon, string kind, int[] steps, Samples samples, CancellationToken cancellationToken)
    {
        var told = Directory.CreateDirectory(Path.Combine(context.Work, $"probes-{kind}")).FullName;
        var (pods, none, few) = (0, 0, 0);
        foreach (var next in steps)
        {
            await KeepToAsync(daemon, "0-255", cancellationToken);
            await Crowd.StartAsync(daemon, [.. Enumerable.Range(pods, next - pods).Select(i => Pod(kind, i, told))], cancellationToken);
            pods = next;
            await KeepToAsync(daemon, "0", cancellationToken);
            await Task.Delay(s_settling, cancellationToken);
            var (began, before, clock) = (Now(), ProcessTree.ProcessorTime(daemon.Pid), Stopwatch.StartNew());
            await Task.Delay(context.Count(whole: 10_000, quick: 3_000), cancellationToken);
            var processor = (ProcessTree.ProcessorTime(daemon.Pid) - before) / clock.Elapsed;
            var (came, late) = Lateness(told, began, Now());
            var rate = pods * ProbesPerPod * 1000 / Period;
            context.Say(string.Create(CultureInfo.InvariantCulture, $"probes: {rate} {kind} probes a second, {late[^1]:0.0} ms late at most"));
            samples.Add($"{kind} at {rate}/s: came, of those due", 0, came / (rate * clock.Elapsed.TotalSeconds));
            samples.Add($"{kind} at {rate}/s: late by ms, median", 0, Samples.Quantile(late, 0.5));
            samples.Add($"{kind} at {rate}/s: late by ms, p99", 0, Samples.Quantile(late, 0.99));
            samples.Add($"{kind} at {rate}/s: late by ms, p99.9", 0, Samples.Quantile(late, 0.999));
            samples.Add($"{kind} at {rate}/s: late by ms, most", 0, late[^1]);
            samples.Add($"{kind} at {rate}/s: daemon's part of its processor", 0, processor);
            if (late[^1] <= Late * Period && none == steps.TakeWhile(step => step < next).LastOrDefault() * ProbesPerPod * 1000 / Period)
            {
                none = rate;
            }

            if (Samples.Quantile(late, 0.999) > Late * Period)
            {
                break;
            }

            few = rate;
        }

        // A quick form does not go far enough to find the most.
        if (!context.Quick)
        {
            samples.Add($"{kind} probes/s, none late", 0, none);
            samples.Add($"{kind} probes/s, one of a thousand late", 0, few);
        }
    }

    private static PodManifest Pod(string kind, int number, string told)
    {
        var directory = Directory.CreateDirectory(Path.Combine(told, number.ToString(CultureInfo.InvariantCulture))).FullName;
        return new PodManifest($"probes-{number}")
        {
            Containers = Containers,
            Told = directory,
            Limited = false,
            Command = i => kind == "exec" ? ["guest", "wait"] : ["guest", "serve", $"/told/{i}", $"{kind}:{Port(i, 0)}", $"{kind}:{Port(i, 1)}"],
            Probes = (i, which) => Probe(kind, i, which),
        };
    }

    private static JsonObject Probe(string kind, int container, int which) => new()
    {
        ["periodMilliseconds"] = Period,
        ["timeoutMilliseconds"] = 1000,
        [kind switch { "http" => "httpGet", "tcp" => "tcpSocket", _ => kind }] = kind == "exec"
            ? new JsonObject { ["command"] = new JsonArray("guest", "arrive", $"/told/{container}-{which}") }
            : new JsonObject { ["port"] = Port(container, which) },
    };

    private static int Port(int container, int which) => 8000 + (2 * container) + which;

    /// <summary>How many probes came within a time, and how late each, in milliseconds, sorted.</summary>
    private static (int Came, List<double> Late) Lateness(string told, long from, long to)
    {
        var came = 0;
        var late = new List<double>();
        foreach (var file in Directory.EnumerateFiles(told, "*", SearchOption.AllDirectories))
        {
            var moments = MemoryMarshal.Cast<byte, long>(File.ReadAllBytes(file)).ToArray().Chunk(2);
            foreach (var probe in moments.GroupBy(moment => moment[1]))
            {
                var times = probe.Select(moment => moment[0]).Where(time => time >= from && time <= to).ToList();
                came += times.Count;
                late.AddRange(times.Zip(times.Skip(1), (first, second) => ((second - first) / 1e6) - Period));
            }
        }

        late.Sort();
        return came > 0 ? (came, late) : throw new InvalidOperationException("no probe came");
    }

    // The clock of the containers, CLOCK_MONOTONIC, which .NET reads on Linux, too.
    private static long Now() => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    /// <summary>Keeps the daemon and its shims, with all their threads, to a list of processors.</summary>
    private static async Task KeepToAsync(Insulad daemon, string processors, CancellationToken cancellationToken)
    {
        // A shim that has begun to listen is the daemon's child, and the enclosure's when a daemon before has started it.
        var ours = ProcessTree.Below(daemon.Enclosure.Pid).Concat(ProcessTree.Below(daemon.Pid)).Where(p => p.Name == "insula-shim").Select(p => p.Pid).Append(daemon.Pid).Distinct();
        foreach (var pid in ours)
        {
            await Command.RunAsync(["taskset", "--all-tasks", "--cpu-list", "--pid", processors, pid.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        }
    }
}

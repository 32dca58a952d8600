using System.Diagnostics;
using System.Globalization;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>A large image, from a registry and from an archive.</summary>
internal static class ImageFigure
{
    public static Figure Create() => new(
        "images",
        "A large image: pulled, loaded",
        "An image of ten gzip layers, 300 MB of files, is pulled from docker-registry on the loopback and unpacked, and loaded from an archive; then it is removed, which is not "
        + "counted. *MB* is the most memory of who did it: of the daemon, where there is one, and of the command line, where there is one.",
        "ms or MB",
        [
            new("pull, against podman", "`insula pull` and `podman pull`, from their fork to their end", "insula pull", "podman pull", 1, AtLeast: false, "×"),
            new("pull, against containerd", "request → end of the answer, against PullImage, request → answer", "insula request", "containerd pull", 1, AtLeast: false, "×"),
            new("load, against podman", "`insula load` and `podman load`, from their fork to their end", "insula load", "podman load", 1, AtLeast: false, "×"),
            new("load, against containerd", "`insula load` and `ctr image import`, from their fork to their end", "insula load", "containerd load", 1, AtLeast: false, "×"),
            new("memory of a pull, against podman", "the daemon and the command line, against podman", "insula pull MB", "podman pull MB", 1, AtLeast: false, "×"),
            new("memory of a pull, against containerd", "the daemon alone, against containerd alone", "insula request MB", "containerd pull MB", 1, AtLeast: false, "×"),
            new("memory of a load, against podman", "the daemon and the command line, against podman", "insula load MB", "podman load MB", 1, AtLeast: false, "×"),
            new("memory of a load, against containerd", "the daemon and the command line, against containerd and `ctr`", "insula load MB", "containerd load MB", 1, AtLeast: false, "×"),
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        var program = Path.Combine(context.Programs, "registry", "docker-registry");
        if (!File.Exists(program))
        {
            samples.Skipped.Add("images: docker-registry is missing: `make registry`");
            return;
        }

        await using var party = await Party.GatherAsync(context, samples, cancellationToken);
        var large = await LargeImage.MakeAsync(Path.Combine(context.Work, "large"), cancellationToken);
        await using var ours = await LoopbackRegistry.StartAsync(program, large.Storage, party.Daemon.Enclosure, context.Work, cancellationToken);
        await using var theirs = await LoopbackRegistry.StartAsync(program, large.Storage, party.Enclosure, context.Work, cancellationToken);
        List<IContestant> contestants = [new Contestant("insula", (_, ct) => InsulaAsync(context, party.Daemon, large, ct))];
        if (party.Podman is { } podman)
        {
            contestants.Add(new Contestant("podman", (_, ct) => PodmanAsync(podman, large, ct)));
        }

        if (party.Containerd is { } containerd)
        {
            contestants.Add(new Contestant("containerd", (_, ct) => ContainerdAsync(context, containerd, party.Enclosure, large, ct)));
        }

        await Contest.RunAsync(
            contestants, context.Count(whole: 10, quick: 3), context.Count(whole: 2, quick: 1), samples,
            (round, of) => context.Say($"images: round {round} of {of}"), cancellationToken);
    }

    private static async Task<IReadOnlyList<(string, double)>> InsulaAsync(BenchContext context, Insulad daemon, LargeImage large, CancellationToken ct)
    {
        async Task<(double, double)> OneAsync(params string[] words)
        {
            await SettleAsync(ct);
            var peak = new Peak(daemon.Pid);
            var (time, memory) = await Command.MeasureAsync(context.Tools, daemon.Enclosure.Words, daemon.Cli(words), ct);
            var most = peak.Megabytes;
            await Command.RunAsync(daemon.Cli("rmi", LoopbackRegistry.Image), ct);
            return (time, most + (memory / 1024));
        }

        async Task<(double, double)> RequestAsync()
        {
            await SettleAsync(ct);
            var peak = new Peak(daemon.Pid);
            var clock = Stopwatch.StartNew();
            using var answer = await daemon.Http.PostAsync($"/apis/insula.dev/v1/images:pull?image={Uri.EscapeDataString(LoopbackRegistry.Image)}", null, ct);
            var said = await answer.Content.ReadAsStringAsync(ct);
            var (time, most) = (clock.Elapsed.TotalMilliseconds, peak.Megabytes);
            if (!said.Contains("\"loaded\"", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"The pull failed: {said}");
            }

            await Command.RunAsync(daemon.Cli("rmi", LoopbackRegistry.Image), ct);
            return (time, most);
        }

        var (request, asked) = await RequestAsync();
        var (pull, pulling) = await OneAsync("pull", LoopbackRegistry.Image);
        var (load, loading) = await OneAsync("load", large.Archive);
        return [("request", request), ("request MB", asked), ("pull", pull), ("pull MB", pulling), ("load", load), ("load MB", loading)];
    }

    private static async Task<IReadOnlyList<(string, double)>> PodmanAsync(Podman podman, LargeImage large, CancellationToken ct)
    {
        await SettleAsync(ct);
        var pull = await podman.MeasureAsync(["pull", "-q", "--tls-verify=false", LoopbackRegistry.Image], ct);
        await podman.RunAsync(["rmi", LoopbackRegistry.Image], ct);
        await SettleAsync(ct);
        var load = await podman.MeasureAsync(["load", "-q", "-i", large.Archive], ct);
        await podman.RunAsync(["rmi", LoopbackRegistry.Image], ct);
        return [("pull", pull.Milliseconds), ("pull MB", pull.Kilobytes / 1024), ("load", load.Milliseconds), ("load MB", load.Kilobytes / 1024)];
    }

    private static async Task<IReadOnlyList<(string, double)>> ContainerdAsync(BenchContext context, Containerd containerd, Enclosure enclosure, LargeImage large, CancellationToken ct)
    {
        // It knows an image by several names, and keeps what any of them leads to.
        var before = await NamesAsync();
        async Task<IEnumerable<string>> NamesAsync() =>
            (await Command.RunAsync([.. enclosure.Words, .. containerd.Ctr("image", "ls", "-q")], ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        async Task RemoveAsync() => await Command.RunAsync([.. enclosure.Words, .. containerd.Ctr(["image", "rm", "--sync", .. (await NamesAsync()).Except(before)])], ct);
        await SettleAsync(ct);
        var peak = new Peak(containerd.Pid);
        var clock = Stopwatch.StartNew();
        await containerd.PullAsync(LoopbackRegistry.Image, ct);
        var (pull, pulling) = (clock.Elapsed.TotalMilliseconds, peak.Megabytes);
        await RemoveAsync();
        await SettleAsync(ct);
        var loading = new Peak(containerd.Pid);
        var (load, memory) = await Command.MeasureAsync(context.Tools, enclosure.Words, containerd.Ctr("image", "import", large.Archive), ct);
        var most = loading.Megabytes + (memory / 1024);
        await RemoveAsync();
        return [("pull", pull), ("pull MB", pulling), ("load", load), ("load MB", most)];
    }

    // Who has the disk confirm what it wrote (we do, by syncfs) would otherwise wait for what those before have written, too.
    private static async Task SettleAsync(CancellationToken ct) => await Command.RunAsync(["sync"], ct);

    /// <summary>How much memory a process had at most since this was made.</summary>
    private sealed class Peak
    {
        private readonly int _pid;
        public Peak(int pid)
        {
            _pid = pid;

            // 5: the peak is forgotten (proc_pid_clear_refs(5)).
            File.WriteAllText($"/proc/{pid}/clear_refs", "5");
        }

        public double Megabytes =>
            double.Parse(
                File.ReadLines($"/proc/{_pid}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture) / 1024;
    }
}

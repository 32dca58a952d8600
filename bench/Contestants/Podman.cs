using System.Diagnostics;
using System.Globalization;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>podman with crun: <c>kube play</c> of the same pod, its container killed, <c>kube down</c>.</summary>
internal sealed class Podman : IContestant
{
    private static readonly TimeSpan s_restartLimit = TimeSpan.FromSeconds(30);

    private readonly BenchContext _context;
    private readonly Enclosure _enclosure;
    private readonly string _directory;
    private readonly string _image;

    private Podman(BenchContext context, Enclosure enclosure, string directory, string image)
    {
        _context = context;
        _enclosure = enclosure;
        _directory = directory;
        _image = image;
    }

    public string Name => "podman";

    /// <summary>Gives podman the image, in a storage of the benchmark's own.</summary>
    public static async Task<Podman> PrepareAsync(BenchContext context, Enclosure enclosure, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(context.Work, "podman");
        Directory.CreateDirectory(directory);
        var image = await Command.RunAsync(
            [.. enclosure.Words, .. Words(directory), "pull", "-q", $"oci:{Path.Combine(context.Images, PodManifest.Bench)}:latest"], cancellationToken);
        return new Podman(context, enclosure, directory, image.Trim());
    }

    public async Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken)
    {
        var name = $"bench-{round}";
        var file = await WriteAsync(name, cancellationToken);
        var start = await PlayAsync(file, cancellationToken);
        var restart = await KillAsync(name, cancellationToken);
        var delete = await TimeAsync(["kube", "down", file], cancellationToken);
        return [("start", start), ("restart", restart), ("delete", delete)];
    }

    /// <summary>Writes the manifest of a pod, which tells of each start of its container by a line in a file.</summary>
    public Task<string> WriteAsync(string name, CancellationToken cancellationToken)
    {
        var starts = Path.Combine(_directory, name);
        Directory.CreateDirectory(starts);
        File.Delete(Path.Combine(starts, "starts"));
        return WriteAsync(new PodManifest(name) { Command = _ => PodManifest.Telling, Told = starts }, cancellationToken);
    }

    /// <summary>Writes the manifest of a pod with podman's copy of the image.</summary>
    public async Task<string> WriteAsync(PodManifest pod, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_directory, pod.Name + ".json");
        await File.WriteAllTextAsync(file, (pod with { Image = _image }).ToString(), cancellationToken);
        return file;
    }

    /// <summary>Plays a manifest; the milliseconds.</summary>
    public Task<double> PlayAsync(string file, CancellationToken cancellationToken) => TimeAsync(["kube", "play", "--log-driver", "k8s-file", file], cancellationToken);

    /// <summary>Removes what a manifest made.</summary>
    public Task DownAsync(string file, CancellationToken cancellationToken) => TimeAsync(["kube", "down", file], cancellationToken);

    /// <summary>Runs another command of podman; what it wrote.</summary>
    public Task<string> RunAsync(IEnumerable<string> words, CancellationToken cancellationToken) =>
        Command.RunAsync([.. _enclosure.Words, .. Words(_directory), .. words], cancellationToken);

    /// <summary>The same, for its milliseconds and its memory.</summary>
    public Task<(double Milliseconds, double Kilobytes)> MeasureAsync(IEnumerable<string> words, CancellationToken cancellationToken) =>
        Command.MeasureAsync(_context.Tools, _enclosure.Words, [.. Words(_directory), .. words], cancellationToken);

    /// <summary>The same, for its milliseconds.</summary>
    public Task<double> TimeAsync(IEnumerable<string> words, CancellationToken cancellationToken) =>
        Command.TimeAsync(_context.Tools, _enclosure.Words, [.. Words(_directory), .. words], cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<double> KillAsync(string name, CancellationToken cancellationToken)
    {
        var starts = Path.Combine(_directory, name, "starts");
        await WaitLinesAsync(starts, 1, cancellationToken);
        var inside = await RunAsync(["inspect", "--format", "{{.State.Pid}}", $"{name}-main"], cancellationToken);
        var clock = Stopwatch.StartNew();
        await Command.RunAsync([.. _enclosure.Words, "kill", "-KILL", inside.Trim()], cancellationToken);
        await WaitLinesAsync(starts, 2, cancellationToken);
        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task WaitLinesAsync(string file, int lines, CancellationToken cancellationToken)
    {
        for (var clock = Stopwatch.StartNew(); !File.Exists(file) || new FileInfo(file).Length < lines; await Task.Delay(1, cancellationToken))
        {
            if (clock.Elapsed > s_restartLimit)
            {
                throw new InvalidOperationException($"podman's container did not start {lines} times within {s_restartLimit.TotalSeconds} s");
            }
        }
    }

    private static IEnumerable<string> Words(string directory) =>
    [
        "podman", "--root", Path.Combine(directory, "storage"), "--runroot", Path.Combine(directory, "run"), "--tmpdir", Path.Combine(directory, "tmp"),
        "--cgroup-manager", "cgroupfs", "--runtime", "crun", "--events-backend", "none",
    ];
}

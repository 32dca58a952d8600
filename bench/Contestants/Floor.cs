using System.Diagnostics;
using System.Globalization;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>What the kernel needs for the same: bench/floor.</summary>
internal sealed class Floor : IContestant
{
    private readonly Enclosure _enclosure;
    private readonly Process _process;

    private Floor(Enclosure enclosure, Process process)
    {
        _enclosure = enclosure;
        _process = process;
    }

    public string Name => "floor";

    /// <summary>Starts it.</summary>
    public static async Task<Floor> StartAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var enclosure = await Enclosure.MakeAsync(cancellationToken);
        var pods = Path.Combine(context.Work, "floor");
        Directory.CreateDirectory(pods);
        string[] words = [.. enclosure.Words, Path.Combine(context.Tools, "floor"), pods, Rootfs.Make(Path.Combine(context.Work, "floor-rootfs")),
            string.Create(CultureInfo.InvariantCulture, $"insula-bench-{Environment.ProcessId}")];
        var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        return new Floor(enclosure, process);
    }

    public async Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken) =>
        [("start", await AskAsync($"start {round}", cancellationToken)), ("delete", await AskAsync($"stop {round}", cancellationToken))];

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _enclosure.DisposeAsync();
    }

    private async Task<double> AskAsync(string command, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } microseconds
            ? double.Parse(microseconds, CultureInfo.InvariantCulture) / 1000
            : throw new InvalidOperationException($"the floor ended at '{command}'");
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Insula.Bench.Contestants;

/// <summary>Runs commands and times them from before the fork to their end.</summary>
internal static class Command
{
    /// <summary>Runs a command.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="InvalidOperationException">It failed; says how.</exception>
    public static async Task<string> RunAsync(IEnumerable<string> words, CancellationToken cancellationToken)
    {
        var all = words.ToList();
        var start = new ProcessStartInfo(all[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        all.Skip(1).ToList().ForEach(start.ArgumentList.Add);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{all[0]} cannot be started");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{string.Join(' ', all)} ended with code {process.ExitCode}: {error.Trim()}");
    }

    /// <summary>Runs a command by <c>timed</c>; the milliseconds it took. What comes before <paramref name="words"/> in <paramref name="within"/> is not counted.</summary>
    public static async Task<double> TimeAsync(string tools, IEnumerable<string> within, IEnumerable<string> words, CancellationToken cancellationToken) =>
        (await MeasureAsync(tools, within, words, cancellationToken)).Milliseconds;

    /// <summary>The same, and the KiB of memory that it, or one of its children, had at most.</summary>
    public static async Task<(double Milliseconds, double Kilobytes)> MeasureAsync(string tools, IEnumerable<string> within, IEnumerable<string> words, CancellationToken cancellationToken)
    {
        var said = (await RunAsync([.. within, Path.Combine(tools, "timed"), .. words], cancellationToken)).Split(' ');
        return (double.Parse(said[0], CultureInfo.InvariantCulture) / 1000, double.Parse(said[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Whether a program is installed.</summary>
    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"]).Any(directory => File.Exists(Path.Combine(directory, program)));
}

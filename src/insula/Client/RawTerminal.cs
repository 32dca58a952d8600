using System.Diagnostics;
using System.Globalization;

namespace Insula.Cli.Client;

/// <summary>Puts the terminal into raw mode and, at the end, back into the mode it was in (stty(1)).</summary>
internal sealed class RawTerminal : IDisposable
{
    private readonly string _before;

    public RawTerminal()
    {
        _before = Stty("-g").Trim();
        Stty("raw", "-echo");
    }

    /// <summary>Columns and rows. Console would tell them too, but puts the terminal into another mode to do so.</summary>
    public static (int Columns, int Rows) Size() =>
        Stty("size").Split(' ', StringSplitOptions.TrimEntries) is [var rows, var columns]
            && int.TryParse(rows, CultureInfo.InvariantCulture, out var height)
            && int.TryParse(columns, CultureInfo.InvariantCulture, out var width)
            ? (width, height)
            : (0, 0);

    public void Dispose() => Stty(_before);

    private static string Stty(params string[] arguments)
    {
        // Standard input is inherited: it is the terminal that stty acts on.
        var start = new ProcessStartInfo("stty", arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start) ?? throw new CommandException("stty did not start");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new CommandException($"stty {string.Join(' ', arguments)} failed");
    }
}

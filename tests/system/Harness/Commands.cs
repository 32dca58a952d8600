using System.Diagnostics;

namespace Insula.SystemTests.Harness;

/// <summary>Runs programs, always with a deadline.</summary>
public static class Commands
{
    public static async Task<CommandResult> RunAsync(
        string program, IEnumerable<string> arguments, string? input = null,
        IReadOnlyDictionary<string, string>? environment = null, TimeSpan? deadline = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var text = $"{Path.GetFileName(program)} {string.Join(' ', start.ArgumentList)}";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{text} did not start");
        using var timeout = new CancellationTokenSource(Eventually.Slowness * (deadline ?? TimeSpan.FromSeconds(60)));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            if (input is not null)
            {
                await WriteAsync(process, input, timeout.Token);
            }

            CloseInput(process);
            await process.WaitForExitAsync(timeout.Token);
            return new CommandResult(text, process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{text} did not end within its deadline");
        }
    }

    /// <summary>A program that has read enough closes its end: that is its right, and its exit code tells the rest.</summary>
    private static async Task WriteAsync(Process process, string input, CancellationToken ct)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), ct);
        }
        catch (IOException)
        {
            // EPIPE
        }
    }

    private static void CloseInput(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // EPIPE again, from what was still buffered.
        }
    }
}

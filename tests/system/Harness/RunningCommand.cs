using System.Diagnostics;
using System.Text;

namespace Insula.SystemTests.Harness;

/// <summary>A command that goes on until it is ended, with what it has printed so far.</summary>
public sealed class RunningCommand : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private RunningCommand(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(CopyAsync(process.StandardOutput), CopyAsync(process.StandardError));
    }

    /// <summary>Both outputs so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static RunningCommand Insula(Instance instance, params string[] arguments) =>
        Start(instance, Repository.Program("insula"), arguments);

    /// <summary>Runs a line of shell at a terminal of its own, as a user would; <c>insula</c> in it is the instance's.</summary>
    public static RunningCommand AtTerminal(Instance instance, string line) =>
        // Who runs the tests in the background has them ignore the terminal's signals, and children inherit that.
        Start(instance, "env", ["--default-signal=INT,QUIT", "script", "--quiet", "--return", "--command", line, "/dev/null"]);

    public Task SaysAsync(string text, TimeSpan? deadline = null) => Eventually.GetAsync(
        () => Task.FromResult(Output), output => output.Contains(text, StringComparison.Ordinal), $"the command prints \"{text}\"", deadline);

    /// <summary>Types something into its input.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until it ends by itself; the exit code.</summary>
    public async Task<int> EndsAsync()
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private static RunningCommand Start(Instance instance, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["INSULA_SOCKET"] = instance.Socket;
        start.Environment["NO_COLOR"] = "1";
        start.Environment["PATH"] = $"{Repository.Out}:{start.Environment["PATH"]}";
        start.Environment["SHELL"] = "/bin/sh";
        return new RunningCommand(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
    }

    private async Task CopyAsync(StreamReader reader)
    {
        var buffer = new char[4096];
        for (int count; (count = await reader.ReadAsync(buffer)) > 0;)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, count);
            }
        }
    }
}

using System.Diagnostics;

namespace Insula.SystemTests.Founding;

/// <summary>A program of the machine's, which is none of Insula's; ended with the test.</summary>
internal sealed class HostProgram : IAsyncDisposable
{
    private readonly Process _process;

    private HostProgram(Process process) => _process = process;

    public static HostProgram Start(string program, params string[] arguments) =>
        new(Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true })!);

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

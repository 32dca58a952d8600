using System.Diagnostics;
using System.Globalization;

namespace Insula.Bench.Contestants;

/// <summary>Debian's docker-registry on port 5000 of an enclosure's loopback.</summary>
internal sealed class LoopbackRegistry : IAsyncDisposable
{
    /// <summary>What it has.</summary>
    public const string Image = "127.0.0.1:5000/large:1";

    private readonly Process _process;

    private LoopbackRegistry(Process process) => _process = process;

    /// <summary>Starts one.</summary>
    /// <param name="program">The registry.</param>
    /// <param name="storage">What it serves.</param>
    /// <param name="enclosure">Where.</param>
    /// <param name="directory">For its configuration.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<LoopbackRegistry> StartAsync(string program, string storage, Enclosure enclosure, string directory, CancellationToken cancellationToken)
    {
        var file = Path.Combine(directory, $"registry-{enclosure.Group.Replace('/', '-')}.yml");
        await File.WriteAllTextAsync(
            file, $"version: 0.1\nlog: {{accesslog: {{disabled: true}}, level: error}}\nstorage: {{filesystem: {{rootdirectory: {storage}}}}}\nhttp: {{addr: '127.0.0.1:5000'}}\n", cancellationToken);
        string[] words = [.. enclosure.Words, "sh", "-c", "exec \"$@\" >/dev/null 2>&1", "sh", program, "serve", file];
        var registry = new LoopbackRegistry(Process.Start(new ProcessStartInfo(words[0], words[1..]))!);
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20, cancellationToken))
        {
            try
            {
                await Command.RunAsync([.. enclosure.Words, "curl", "-sf", "http://127.0.0.1:5000/v2/"], cancellationToken);
                return registry;
            }
            catch (InvalidOperationException) when (clock.Elapsed < TimeSpan.FromSeconds(30) && !registry._process.HasExited)
            {
                // Not yet.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var child = await File.ReadAllTextAsync($"/proc/{_process.Id}/task/{_process.Id}/children");
        Mono.Unix.Native.Syscall.kill(int.Parse(child.Trim(), CultureInfo.InvariantCulture), Mono.Unix.Native.Signum.SIGTERM);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

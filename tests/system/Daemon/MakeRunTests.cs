using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>What <c>make run</c> shows, and that <c>make stop</c> ends all of it, whatever has become of the daemon meanwhile.</summary>
public sealed class MakeRunTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task What_make_run_starts_make_stop_ends(bool killed, bool withoutPods)
    {
        // Lends its directories, its network namespace and its look for leftovers.
        await using var insula = await Instance.StartAsync();
        await insula.StopDaemonAsync();
        try
        {
            var run = await ScriptAsync(insula, "run.sh");
            Assert.Contains("Hello from hello", run.Succeeded(), StringComparison.Ordinal);
            Assert.Matches(@"It came back \d+ ms after the kill of process \d+, as process \d+; restart count 0 -> 1\.", run.Output);
            var pidFile = Path.Combine(insula.Run, "insulad.pid");
            var pid = (await File.ReadAllTextAsync(pidFile)).Trim();
            if (withoutPods)
            {
                (await insula.CliAsync("delete", "pods", "--all", "--now")).Succeeded();
            }

            if (killed)
            {
                (await Commands.RunAsync("kill", ["-KILL", pid])).Succeeded();
                await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{pid}"), "the daemon has ended");

                // As if the number had been given to another process since, one that is nobody's business.
                await File.WriteAllTextAsync(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            }

            var stop = await ScriptAsync(insula, "stop.sh");
            Assert.EndsWith("stopped, and its state removed\n", stop.Succeeded(), StringComparison.Ordinal);
            Assert.False(Directory.Exists($"/proc/{pid}"), "the daemon is there");
            Assert.False(Directory.Exists(insula.Root) || Directory.Exists(insula.Run), "its state is there");
            await Leaks.AssertNothingIsLeftAsync(insula);
            Assert.Equal("nothing of 'make run' is running\n", (await ScriptAsync(insula, "stop.sh")).Succeeded());
        }
        finally
        {
            // Where something failed, its daemon is there, and would be in the way of the look for leftovers, which would fail instead.
            await ScriptAsync(insula, "stop.sh");
        }
    }

    private static Task<CommandResult> ScriptAsync(Instance insula, string script) => Commands.RunAsync(
        "nsenter", [$"--net=/run/netns/{insula.NetworkNamespace}", Path.Combine(Repository.Root, "scripts", script), insula.Root, insula.Run],
        deadline: TimeSpan.FromMinutes(3));
}

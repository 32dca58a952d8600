using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>What becomes of commands in containers, and of terminals, when one of the ends goes.</summary>
public sealed class ExecStreamTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task The_end_of_the_input_is_passed_on_and_the_exit_code_comes_back()
    {
        await _insula.ApplyAsync(Manifests.Pod("piped", Manifests.Forever));
        await _insula.WaitForReadyAsync("piped");
        var result = await _insula.CliWithInputAsync(new string('x', 300_000), "exec", "-i", "piped", "--", "sh", "-c", "wc -c; echo to-err >&2; exit 3");
        Assert.Equal((3, "300000"), (result.ExitCode, result.Output.Trim()));
        Assert.Contains("to-err", result.Error, StringComparison.Ordinal);
        await _insula.DeletePodAsync("piped");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_daemon_that_ends_is_told_and_leaves_nothing_of_the_command(bool killed)
    {
        var name = killed ? "killed" : "stopped";
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever));
        await _insula.WaitForReadyAsync(name);
        await using var session = RunningCommand.AtTerminal(_insula, $"stty -g; insula exec -it {name} -- sh -c \"trap '' HUP; echo ready; sleep 4713\"; echo code=$?; stty -g");
        await session.SaysAsync("ready");
        await Eventually.TrueAsync(() => Sleepers() == 1, "the command runs");
        await (killed ? _insula.KillDaemonAsync() : _insula.StopDaemonAsync());
        await session.EndsAsync();
        Assert.Contains("error: the connection to the daemon ended before the command did", session.Output, StringComparison.Ordinal);
        Assert.Contains("code=1", session.Output, StringComparison.Ordinal);
        var lines = session.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines[0], lines[^1]); // the terminal is as it was

        // The next daemon ends what an earlier one has left.
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(() => Sleepers() == 0, "nothing of the command is left");
        Assert.Equal("0", (await _insula.CliAsync("exec", name, "--", "sh", "-c", "ls /dev/pts | grep -vc ptmx || true")).Succeeded().Trim());
        Assert.Equal(0, Pods.Restarts((await _insula.Api.FindPodAsync(name))!, "main"));
        await _insula.DeletePodAsync(name);

        int Sleepers() => Leaks.Processes(_insula).Count(pid => IsSleeper(pid, "sleep\u00004713"));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("KILL")]
    public async Task A_client_that_is_ended_takes_the_command_with_it_and_gives_the_terminal_back(string signal)
    {
        var name = $"client-{signal.ToLowerInvariant()}";
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever));
        await _insula.WaitForReadyAsync(name);
        await using var session = RunningCommand.AtTerminal(_insula, $"stty -g; sh -c 'echo $$ > {_insula.Base}/{name}.pid; exec insula exec -it {name} -- sh -c \"trap true HUP TERM; echo ready; sleep 4714\"'; echo code=$?; stty -g");
        await session.SaysAsync("ready");
        await Eventually.TrueAsync(() => Sleepers() == 1, "the command runs");
        var pid = (await File.ReadAllTextAsync($"{_insula.Base}/{name}.pid")).Trim();
        (await Commands.RunAsync("kill", [$"-{signal}", pid])).Succeeded();
        await session.EndsAsync();
        await Eventually.TrueAsync(() => Sleepers() == 0, "nothing of the command is left");
        var lines = session.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        if (signal != "KILL") // nobody can put anything back after that
        {
            Assert.Equal(lines[0], lines[^1]);
        }

        await _insula.DeletePodAsync(name);

        int Sleepers() => Leaks.Processes(_insula).Count(p => IsSleeper(p, "sleep\u00004714"));
    }

    private static bool IsSleeper(int pid, string line)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").StartsWith(line, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it has ended meanwhile
        }
    }
}

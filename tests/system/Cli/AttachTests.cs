using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>At the streams of containers: input that stays open, terminals, who comes and goes, and what of all that outlives a daemon.</summary>
public sealed class AttachTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Input_stays_open_while_others_leave_and_while_the_daemon_is_away()
    {
        await _insula.ApplyAsync(Manifests.Pod("open", "while read line; do echo got $line; done; echo over", new { stdin = true }));
        var pod = await _insula.WaitForReadyAsync("open");
        Assert.Equal("Fifo", KindOf(pod, 0));

        // What ends is only what the first has to say: he leaves, by the end of his input.
        (await _insula.CliWithInputAsync("one\n", "attach", "-i", "open")).Succeeded();
        await _insula.OutputIsAsync("got one\n", "logs", "open");
        await using (var watching = RunningCommand.Insula(_insula, "attach", "open"))
        await using (var second = RunningCommand.Insula(_insula, "attach", "-i", "open"))
        {
            await EventuallyAttachedAsync(pod, 2);
            await second.TypeAsync("two\n");
            await second.SaysAsync("got two");
            await watching.SaysAsync("got two");
            await _insula.KillDaemonAsync();
            Assert.Equal(1, await watching.EndsAsync());
            Assert.Contains("error: the connection to the daemon ended before the container did", watching.Output, StringComparison.Ordinal);
        }

        await _insula.StartDaemonAsync();
        var after = await _insula.WaitForReadyAsync("open");
        Assert.Equal(0, Pods.Restarts(after, "main"));
        await using (var third = RunningCommand.Insula(_insula, "attach", "-i", "open", "--logs"))
        {
            await third.SaysAsync("got one\ngot two\n");
            await third.TypeAsync("three\n");
            await third.SaysAsync("got three");
        }

        // Stopped in order it does not end anything either.
        await _insula.StopDaemonAsync();
        await _insula.StartDaemonAsync();
        (await _insula.CliWithInputAsync("four\n", "attach", "-i", "open")).Succeeded();
        await _insula.OutputIsAsync("got one\ngot two\ngot three\ngot four\n", "logs", "open");
        Assert.Equal(0, Pods.Restarts(await _insula.WaitForReadyAsync("open"), "main"));
        await _insula.DeletePodAsync("open");
    }

    [Fact]
    public async Task With_stdinOnce_the_end_of_the_first_ones_input_is_the_end_and_the_exit_code_comes_back()
    {
        await _insula.ApplyAsync(Manifests.Pod("once", "wc -c; echo to-err >&2; exit 3", new { stdin = true, stdinOnce = true }, new { restartPolicy = "Never" }));
        await _insula.WaitForReadyAsync("once");
        var result = await _insula.CliWithInputAsync(new string('x', 300_000), "attach", "-i", "once");
        Assert.Equal((3, "300000"), (result.ExitCode, result.Output.Trim()));
        Assert.Equal("to-err", result.Error.Trim());
        await _insula.DeletePodAsync("once");

        // One who is gone without a word has left as well; after him there is no input any more.
        await _insula.ApplyAsync(Manifests.Pod("gone", "cat; echo over; sleep 1000", new { stdin = true, stdinOnce = true }));
        var pod = await _insula.WaitForReadyAsync("gone");
        await using (var first = RunningCommand.Insula(_insula, "attach", "-i", "gone"))
        {
            await first.TypeAsync("said\n");
            await first.SaysAsync("said");
        }

        await _insula.OutputIsAsync("said\nover\n", "logs", "gone");
        Assert.Contains("stdinOnce", (await _insula.CliAsync("attach", "-i", "gone")).Failed(), StringComparison.Ordinal);
        Assert.True(Pods.IsRunning((await _insula.Api.FindPodAsync("gone"))!, "main"), pod.ToJsonString());
        await _insula.DeletePodAsync("gone");
    }

    [Fact]
    public async Task A_terminal_has_a_size_and_signals_and_is_left_as_it_was()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "terminal", "trap 'echo interrupted' INT; test -t 0 && test -t 1 && test -t 2 && echo all three; while true; do printf '> '; read line || continue; test \"$line\" = leave && exit 5; $line; done",
            new { stdin = true, tty = true }, new { restartPolicy = "Never" }));
        var pod = await _insula.WaitForReadyAsync("terminal");
        Assert.Equal("/dev/pts/0", await InAsync(pod, "readlink", "/proc/1/fd/0"));
        Assert.Equal("/dev/pts/0", await InAsync(pod, "readlink", "/proc/1/fd/2"));
        await using var session = RunningCommand.AtTerminal(_insula, "stty rows 33 columns 101; stty -g; insula attach -it terminal; echo code=$?; stty -g");
        await session.SaysAsync("> "); // which was written before anybody was there
        await session.TypeAsync("stty size\n");
        await session.SaysAsync("33 101");
        await session.TypeAsync("sleep 1000\n");
        await Eventually.TrueAsync(async () => (await InAsync(pod, "ps", "-o", "args")).Contains("sleep 1000", StringComparison.Ordinal), "the command runs");
        await session.TypeAsync("\u0003");
        await session.SaysAsync("interrupted");
        await session.TypeAsync("leave\n");
        await session.EndsAsync();
        Assert.Contains("code=5", session.Output, StringComparison.Ordinal);
        var lines = session.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines[0], lines[^1]);

        // The log has what the terminal has shown, as its output.
        var log = (await _insula.CliAsync("logs", "terminal")).Succeeded();
        Assert.StartsWith("all three\r\n> ", log, StringComparison.Ordinal);
        Assert.Contains("33 101\r\n", log, StringComparison.Ordinal);
        await _insula.DeletePodAsync("terminal");
    }

    [Theory]
    [InlineData("KILL", true)]
    [InlineData("HUP", false)]
    public async Task A_terminal_outlives_the_daemon_and_whoever_sat_at_it(string signal, bool killsDaemon)
    {
        var name = $"sat-{signal.ToLowerInvariant()}";
        await _insula.ApplyAsync(Manifests.Pod(name, "while true; do printf '> '; read line && echo got $line; done", new { stdin = true, tty = true }));
        await _insula.WaitForReadyAsync(name);
        await using (var session = RunningCommand.AtTerminal(_insula, $"stty -g; sh -c 'echo $$ > {_insula.Base}/{name}.pid; exec insula attach -it {name}'; echo code=$?; stty -g"))
        {
            await session.SaysAsync("> ");
            await session.TypeAsync("one\n");
            await session.SaysAsync("got one");
            if (killsDaemon)
            {
                await _insula.KillDaemonAsync();
            }
            else
            {
                (await Commands.RunAsync("kill", [$"-{signal}", (await File.ReadAllTextAsync($"{_insula.Base}/{name}.pid")).Trim()])).Succeeded();
            }

            await session.EndsAsync();
            var lines = session.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(lines[0], lines[^1]);
        }

        if (killsDaemon)
        {
            await _insula.StartDaemonAsync();
        }

        await using (var again = RunningCommand.AtTerminal(_insula, $"insula attach -it {name}"))
        {
            await again.SaysAsync("> ");
            await again.TypeAsync("two\n");
            await again.SaysAsync("got two");
        }

        Assert.Equal(0, Pods.Restarts((await _insula.Api.FindPodAsync(name))!, "main"));
        await _insula.DeletePodAsync(name);
    }

    [Fact]
    public async Task Who_does_not_read_is_cut_off_and_the_container_goes_on()
    {
        // 32 MB, and a program that stops nowhere: it says when it is through.
        await _insula.ApplyAsync(Manifests.Pod("hasty", "read go; yes 0123456789abcde | head -c 32000000; touch /through; sleep 1000", new { stdin = true }));
        var pod = await _insula.WaitForReadyAsync("hasty");
        await using var slow = RunningCommand.AtTerminal(_insula, $"sh -c 'insula attach hasty 2> {_insula.Base}/cut | (read first; echo begun; read go < /dev/tty; cat > /dev/null)'; echo end");
        await EventuallyAttachedAsync(pod, 1);
        (await _insula.CliWithInputAsync("go\n", "attach", "-i", "hasty")).Succeeded();
        await slow.SaysAsync("begun");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "hasty", "--", "test", "-e", "/through")).ExitCode == 0, "the container is through");
        await slow.TypeAsync("go\n");
        await slow.SaysAsync("end");
        Assert.Contains("error: cut off", await File.ReadAllTextAsync($"{_insula.Base}/cut"), StringComparison.Ordinal);
        await _insula.DeletePodAsync("hasty");
    }

    [Fact]
    public async Task What_cannot_be_attached_to_is_said()
    {
        await _insula.ApplyAsync(Manifests.Pod("plain", $"[ -p /proc/self/fd/0 ] || echo no pipe; {Manifests.Forever}"));
        var pod = await _insula.WaitForReadyAsync("plain");
        Assert.Equal("CharacterDevice", KindOf(pod, 0));
        Assert.Contains("stdin is not true", (await _insula.CliAsync("attach", "-i", "plain")).Failed(), StringComparison.Ordinal);
        await using var terminal = RunningCommand.AtTerminal(_insula, "insula attach -t plain");
        await terminal.SaysAsync("tty is not true");
        Assert.Contains("not valid", (await _insula.CliAsync("attach", "plain", "-c", "other")).Failed(), StringComparison.Ordinal);
        Assert.Contains("not found", (await _insula.CliAsync("attach", "nobody")).Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("plain");
    }

    [Fact]
    public async Task Run_is_there_from_the_first_byte_to_the_exit_code()
    {
        var result = await _insula.CliAsync("run", "quick", "--image", "busybox", "--attach", "--rm", "--", "sh", "-c", "echo first; echo to-err >&2; exit 4");
        Assert.True(result is { ExitCode: 4, Output: "first\n" }, $"{result}");
        Assert.Contains("to-err\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("pod/quick deleted", result.Error, StringComparison.Ordinal);
        Assert.Null(await _insula.Api.FindPodAsync("quick"));

        // All of a longer output, of which some came before anybody was there, once and in order.
        result = await _insula.CliWithInputAsync("x\n", "run", "-i", "--rm", "busybox", "--", "sh", "-c", "seq 20000; cat; seq 20001 40000; exit 2");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal([.. Enumerable.Range(1, 20000).Select(i => $"{i}"), "x", .. Enumerable.Range(20001, 20000).Select(i => $"{i}")], result.Output.Split('\n')[..^1]);

        await using var shell = RunningCommand.AtTerminal(_insula, "insula run shell --image busybox -it --rm -- sh; echo code=$?");
        await shell.SaysAsync("# ");
        await shell.TypeAsync("tty; exit 6\n");
        await shell.EndsAsync();
        Assert.Contains("/dev/pts/0", shell.Output, StringComparison.Ordinal);
        Assert.Contains("code=6", shell.Output, StringComparison.Ordinal);
        Assert.Null(await _insula.Api.FindPodAsync("shell"));

        // Left, not ended: it can be gone back to.
        result = await _insula.CliWithInputAsync("kept\n", "run", "kept", "--image", "busybox", "-i", "--leave-stdin-open", "--", "cat");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("insula attach kept", result.Error, StringComparison.Ordinal);
        await _insula.OutputIsAsync("kept\n", "logs", "kept");
        await _insula.DeletePodAsync("kept");
        Assert.Contains("--rm takes", (await _insula.CliAsync("run", "x", "--image", "busybox", "--rm")).Failed(), StringComparison.Ordinal);
        Assert.Contains("has not started in 2 s", (await _insula.CliAsync("run", "none", "--image", "example.invalid/none", "--attach", "--rm", "--pod-running-timeout", "2s")).Failed(), StringComparison.Ordinal);
        Assert.Null(await _insula.Api.FindPodAsync("none"));
    }

    [Fact]
    public async Task One_that_ends_before_the_daemon_knows_gives_its_log_and_its_exit_code()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup { Failpoints = true });
        await insula.ApplyAsync(Manifests.Pod("brief", "until [ -e /tmp/end ]; do usleep 10000; done; echo last; exit 4", spec: new { restartPolicy = "Never" }));
        await insula.WaitForReadyAsync("brief");
        insula.Failpoints.Arm("pods.exit.heard", "delay:3000");
        await insula.CliAsync("exec", "brief", "--", "touch", "/tmp/end"); // ended with its container, perhaps
        await Eventually.TrueAsync(() => insula.Failpoints.Fired, "the end is about to be heard of");
        Assert.True(Pods.IsRunning((await insula.Api.FindPodAsync("brief"))!, "main"), "it counts as running");
        var result = await insula.CliAsync("attach", "brief", "--logs");
        Assert.True(result is { ExitCode: 4, Output: "last\n" }, $"{result}");
        Assert.Contains("is not running", (await insula.CliAsync("attach", "brief")).Failed(), StringComparison.Ordinal);
    }

    // The shim has so many sockets more than it has of its own.
    private Task EventuallyAttachedAsync(System.Text.Json.Nodes.JsonNode pod, int count)
    {
        var shim = Processes.ShimOf(_insula, pod);

        // A descriptor that is closed meanwhile has no target.
        return Eventually.TrueAsync(
            () => Directory.GetFiles($"/proc/{shim}/fd").Count(fd => new FileInfo(fd).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true) >= 2 + (2 * count),
            $"{count} attached");
    }

    private string KindOf(System.Text.Json.Nodes.JsonNode pod, int stream)
    {
        var target = File.ResolveLinkTarget($"/proc/{Processes.MainOf(_insula, pod, "main")}/fd/{stream}", false)!.FullName;
        return target.Contains("pipe:", StringComparison.Ordinal) ? "Fifo" : "CharacterDevice";
    }

    private async Task<string> InAsync(System.Text.Json.Nodes.JsonNode pod, params string[] command) =>
        (await _insula.CliAsync(["exec", (string)pod["metadata"]!["name"]!, "--", .. command])).Succeeded().Trim();
}

using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>
/// What a container writes is shown, not obeyed, wherever it stands among words of ours (tables, descriptions, events, messages);
/// where a user asks for the container's own bytes (logs, exec, a terminal in it) they are passed on as they are.
/// </summary>
public sealed class TerminalTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const char Escape = '\x1b';

    /// <summary>For printf of the shell: sets a title, clears the screen, goes up a line, rings.</summary>
    private const string Hostile = @"\033]0;owned\007\033[2J\033[1Ahidden\r\n";

    /// <summary>The same, as it comes.</summary>
    private const string HostileBytes = "\x1b]0;owned\a\x1b[2J\x1b[1Ahidden\r\n";

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task What_containers_write_is_shown_not_obeyed_among_our_words()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "hostile", $"printf '{Hostile}' | tee /dev/termination-log; exit 3", spec: new { restartPolicy = "Never" }));
        var pod = await _insula.WaitForPodAsync("hostile", p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Contains(Escape, (string)Pods.Container(pod, "main")!["state"]!["terminated"]!["message"]!);
        var shown = (await _insula.CliAsync("describe", "pod", "hostile")).Succeeded();
        Assert.Contains(@"\x1b]0;owned\x07\x1b[2J\x1b[1Ahidden\x0d", shown, StringComparison.Ordinal);
        AssertHarmless(shown);

        // An event's message holds what a probe printed.
        await _insula.ApplyAsync(Manifests.Pod("probed", Manifests.Forever, container: new
        {
            readinessProbe = new { exec = new { command = new[] { "sh", "-c", $"printf '{Hostile}'; exit 1" } }, periodSeconds = 1 },
        }));
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("events", "--for", "pod/probed")).Succeeded().Contains("Readiness probe failed", StringComparison.Ordinal), "the failure is told");
        foreach (var command in (string[][])[
            ["events", "--for", "pod/probed"], ["get", "events"], ["describe", "pod", "probed"], ["get", "pods", "-o", "wide"],
            ["get", "pod", "hostile", "-o", "yaml"], ["get", "pod", "hostile", "-o", "json"], ["get", "events", "-o", "yaml"]])
        {
            AssertHarmless((await _insula.CliAsync(command)).Succeeded());
        }

        // A probe's output is cleaned before it becomes part of a message.
        Assert.Contains("Readiness probe failed: .]0;owned..[2J.[1Ahidden", (await _insula.CliAsync("events", "--for", "pod/probed")).Succeeded(), StringComparison.Ordinal);

        // Names that users type come back in errors.
        AssertHarmless((await _insula.CliAsync("get", "pod", $"{Escape}[2J")).Failed());
        AssertHarmless((await _insula.CliAsync("exec", "probed", "--", $"{Escape}[2J")).Failed());
        await _insula.DeletePodAsync("hostile");
        await _insula.DeletePodAsync("probed");
    }

    [Fact]
    public async Task The_container_s_own_bytes_are_passed_on_as_they_are()
    {
        await _insula.ApplyAsync(Manifests.Pod("raw", $"printf '{Hostile}'; {Manifests.Forever}"));
        await _insula.WaitForReadyAsync("raw");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "raw")).Succeeded().Length > 0, "it has written");
        Assert.Equal(HostileBytes, (await _insula.CliAsync("logs", "raw")).Succeeded());
        Assert.Equal(HostileBytes, (await _insula.CliAsync("exec", "raw", "--", "printf", Hostile)).Succeeded());
        await _insula.DeletePodAsync("raw");
    }

    [Theory]
    [InlineData("exit 5", 5)]
    [InlineData("kill -9 $$$$", 137)] // $$ in a manifest is one $
    public async Task A_terminal_is_the_container_s_while_it_lasts_and_then_again_as_it_was(string end, int code)
    {
        var name = $"terminal-{code}";
        await _insula.ApplyAsync(Manifests.Pod(name, $"printf 'stty raw -echo; printf \"{Hostile.Replace(@"\", @"\\", StringComparison.Ordinal)}\"; {end}' > /tmp/script; {Manifests.Forever}"));
        await _insula.WaitForReadyAsync(name);
        await using var terminal = RunningCommand.AtTerminal(_insula, $"stty -g; insula exec -it {name} -- sh /tmp/script; echo code=$?; stty -g");
        Assert.Equal(0, await terminal.EndsAsync());
        var lines = terminal.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([lines[0], HostileBytes.TrimEnd('\r', '\n'), $"code={code}", lines[0]], lines);
        await _insula.DeletePodAsync(name);
    }

    [Fact]
    public async Task Keys_reach_the_container_one_by_one_and_interrupts_too()
    {
        await _insula.ApplyAsync(Manifests.Pod("keys", Manifests.Forever));
        await _insula.WaitForReadyAsync("keys");
        await using var terminal = RunningCommand.AtTerminal(_insula, "insula exec -it keys -- sh");
        await terminal.TypeAsync("stty -icanon -echo; echo re''ady; key=$(head -c 1); echo \"got <$key>\"; stty icanon echo\n");
        await terminal.SaysAsync("ready");

        // Without an end of line, which only a terminal that edits lines would wait for.
        await terminal.TypeAsync("x");
        await terminal.SaysAsync("got <x>");
        await terminal.TypeAsync("trap 'echo inter''rupted' INT; echo wai''ting; sleep 3600\n");
        await terminal.SaysAsync("waiting");
        await terminal.TypeAsync("\x03");
        await terminal.SaysAsync("interrupted");
        await terminal.TypeAsync("exit 6\n");
        Assert.Equal(6, await terminal.EndsAsync());
        await _insula.DeletePodAsync("keys");
    }

    [Fact]
    public async Task Without_input_to_pass_on_an_interrupt_ends_the_command()
    {
        await _insula.ApplyAsync(Manifests.Pod("watched", Manifests.Forever));
        await _insula.WaitForReadyAsync("watched");
        await using var terminal = RunningCommand.AtTerminal(_insula, "insula exec -t watched -- sh -c 'echo up; sleep 3600'");
        await terminal.SaysAsync("up");
        await terminal.TypeAsync("\x03");
        Assert.Equal(130, await terminal.EndsAsync());
        await _insula.DeletePodAsync("watched");
    }

    private static void AssertHarmless(string shown) =>
        Assert.DoesNotContain(shown, c => char.IsControl(c) && c is not '\n' and not '\t');
}

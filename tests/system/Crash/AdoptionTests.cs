using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary><c>kill -9 insulad</c>: containers go on, logs are whole, and a new daemon knows everything.</summary>
public sealed class AdoptionTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Running_pods_go_on_and_do_not_change_their_readiness()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "counter",
            "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.02; done",
            container: new { readinessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1 } }));
        var before = await _insula.WaitForReadyAsync("counter");
        var pid = Processes.MainOf(_insula, before, "main");
        await _insula.KillDaemonAsync();
        Assert.True(Directory.Exists($"/proc/{pid}"), "the container goes on without the daemon");
        await _insula.StartDaemonAsync();

        // From the first answer of the new daemon on, the pod is what it was.
        var after = (await _insula.Api.FindPodAsync("counter"))!;
        Assert.True(Pods.IsReady(after), $"the pod stays Ready: {after["status"]}");
        Assert.Equal(Transition(before), Transition(after));
        Assert.Equal(0, Pods.Restarts(after, "main"));
        Assert.Equal(pid, Processes.MainOf(_insula, after, "main"));
        Assert.Equal(Pods.Address(before), Pods.Address(after));
        await Eventually.TrueAsync(
            async () => (await LinesAsync("counter")).Count > 100, "the pod goes on writing");
        var lines = await LinesAsync("counter");
        for (var i = 0; i < lines.Count; i++)
        {
            Assert.Equal($"line {i + 1}", lines[i]);
        }

        await Processes.KillAsync(_insula, after, "main");
        await _insula.WaitForPodAsync("counter", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarts under the new daemon");
        await _insula.DeletePodAsync("counter");
    }

    [Fact]
    public async Task An_exit_while_the_daemon_is_away_is_known_afterwards()
    {
        await _insula.ApplyAsync(Manifests.Pod("leaver", "trap 'exit 9' USR1; while true; do sleep 3600 & wait $!; done", spec: new { restartPolicy = "Never" }));
        var pod = await _insula.WaitForReadyAsync("leaver");
        var pid = Processes.MainOf(_insula, pod, "main");
        await _insula.KillDaemonAsync();
        (await Commands.RunAsync("kill", ["-USR1", pid.ToString(CultureInfo.InvariantCulture)])).Succeeded();
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{pid}"), "the container has ended");
        await _insula.StartDaemonAsync();
        pod = await _insula.WaitForPodAsync("leaver", p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Equal(9, (int)Pods.Container(pod, "main")!["state"]!["terminated"]!["exitCode"]!);
        await _insula.DeletePodAsync("leaver");
    }

    [Fact]
    public async Task A_deletion_cut_short_is_finished_by_the_next_daemon()
    {
        await _insula.ApplyAsync(Manifests.Pod("deleted", "trap '' TERM; while true; do sleep 1; done", spec: new { terminationGracePeriodSeconds = 2 }));
        await _insula.WaitForReadyAsync("deleted");
        (await _insula.CliAsync("delete", "pod", "deleted", "--wait=false")).Succeeded();
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(async () => await _insula.Api.FindPodAsync("deleted") is null, "the deletion is finished");
    }

    [Fact]
    public async Task Starts_cut_short_are_finished_and_no_container_runs_twice()
    {
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 3; i++)
            {
                (await _insula.CliWithInputAsync(Manifests.Pod($"start-{round}-{i}", Manifests.Forever), "apply", "-f", "-")).Succeeded();
            }

            await _insula.KillDaemonAsync();
            await _insula.StartDaemonAsync();
        }

        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 3; i++)
            {
                var pod = await _insula.WaitForReadyAsync($"start-{round}-{i}");
                var shells = Processes.Of(_insula, pod, "main").Count(pid => File.ReadAllText($"/proc/{pid}/comm").Trim() == "sh");
                Assert.Equal(1, shells);
            }
        }
    }

    [Fact]
    public async Task A_dead_shim_is_a_dead_sandbox_and_a_new_one_is_built()
    {
        await _insula.ApplyAsync(Manifests.Pod("orphan", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("orphan");
        var old = Processes.MainOf(_insula, pod, "main");
        var shim = int.Parse(Processes.Status(old, "PPid"), CultureInfo.InvariantCulture);
        Assert.Equal("insula-shim", File.ReadAllText($"/proc/{shim}/comm").Trim());
        (await Commands.RunAsync("kill", ["-KILL", shim.ToString(CultureInfo.InvariantCulture)])).Succeeded();
        await _insula.WaitForPodAsync("orphan", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "rebuilt in a new sandbox");
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{old}"), "the old container is ended");
        Assert.Contains("SandboxDied", (await _insula.CliAsync("events", "--for", "pod/orphan")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("orphan");
    }

    [Fact]
    public async Task Numbers_that_came_to_mean_others_while_the_daemon_was_away_are_left_alone()
    {
        await _insula.ApplyAsync(Manifests.Pod("numbers", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("numbers");
        var main = Processes.MainOf(_insula, pod, "main");
        var shim = int.Parse(Processes.Status(main, "PPid"), CultureInfo.InvariantCulture);
        Assert.StartsWith($"{shim} ", await File.ReadAllTextAsync(Path.Combine(_insula.Run, "sandboxes", $"{Pods.Uid(pod)}-0", "shim.pid")), StringComparison.Ordinal);
        await _insula.KillDaemonAsync();
        (await Commands.RunAsync("kill", ["-KILL", .. new[] { shim, main }.Select(pid => pid.ToString(CultureInfo.InvariantCulture))])).Succeeded();
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{shim}") && !Directory.Exists($"/proc/{main}"), "both are gone, and reaped");

        using var first = await NumberedProcess.StartAsync(shim);
        using var second = await NumberedProcess.StartAsync(main);
        await _insula.StartDaemonAsync();
        pod = await _insula.WaitForPodAsync("numbers", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "rebuilt in a new sandbox");
        Assert.Equal("SandboxDied", (string?)Pods.Container(pod, "main")!["lastState"]!["terminated"]!["reason"]);
        Assert.DoesNotContain(Processes.MainOf(_insula, pod, "main"), (int[])[shim, main]);
        await first.AnswersAsync();
        await second.AnswersAsync();
        await _insula.DeletePodAsync("numbers");
        await first.AnswersAsync();
        await second.AnswersAsync();
    }

    private static string? Transition(System.Text.Json.Nodes.JsonNode pod) =>
        (string?)pod["status"]!["conditions"]!.AsArray().First(c => (string?)c!["type"] == "Ready")!["lastTransitionTime"];

    private async Task<List<string>> LinesAsync(string pod) =>
        [.. (await _insula.CliAsync("logs", pod)).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}

using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>Ephemeral containers: added to pods that run, of no influence on them, and never started again.</summary>
public sealed class DebugTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_shell_is_added_to_a_pod_and_left_and_nothing_of_the_pod_has_changed()
    {
        await _insula.ApplyAsync(Manifests.Pod("plain", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("plain");
        await using var session = RunningCommand.AtTerminal(_insula, "insula debug -it plain --image busybox -c tools -- sh; echo code=$?");
        await session.SaysAsync("# ");
        await session.TypeAsync("readlink /proc/self/ns/net; ps | wc -l; exit 7\n");
        await session.EndsAsync();
        Assert.Contains("code=7", session.Output, StringComparison.Ordinal);
        var own = File.ResolveLinkTarget($"/proc/{Processes.MainOf(_insula, pod, "main")}/ns/net", false)!.Name;
        Assert.Contains(own, session.Output, StringComparison.Ordinal);

        // It stays as one that has ended, and the pod is as it was.
        await Eventually.TrueAsync(async () => (int?)Status((await _insula.Api.FindPodAsync("plain"))!, "tools")?["state"]?["terminated"]?["exitCode"] == 7, "its end is told");
        pod = (await _insula.Api.FindPodAsync("plain"))!;
        Assert.True(Pods.IsReady(pod));
        Assert.Equal((0, "Running", false), (Pods.Restarts(pod, "main"), Pods.Phase(pod), (bool)Status(pod, "tools")!["ready"]!));
        Assert.Contains("exit 7", (await _insula.CliAsync("logs", "plain", "-c", "tools")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Ephemeral Containers", (await _insula.CliAsync("describe", "pod", "plain")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("may not be changed", (await _insula.CliAsync("debug", "plain", "--image", "other", "-c", "tools")).Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("plain");
    }

    [Fact]
    public async Task One_that_runs_outlives_the_daemon_is_found_again_and_ends_with_its_pod()
    {
        await _insula.ApplyAsync(Manifests.Pod("shared", Manifests.Forever, spec: new { shareProcessNamespace = true }));
        await _insula.WaitForReadyAsync("shared");
        (await _insula.CliAsync("debug", "shared", "--image", "busybox", "-c", "first", "--", "true")).Succeeded();
        (await _insula.CliAsync("debug", "shared", "--image", "busybox", "-i", "-c", "second", "--", "sh", "-c", "ps -o args; while read line; do echo got $line; done")).Succeeded();
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        var pod = await _insula.WaitForPodAsync("shared", p => Pods.IsReady(p) && Status(p, "first")?["state"]?["terminated"] is not null && Status(p, "second")?["state"]?["running"] is not null, "both are as they were");
        Assert.Equal((0, 0), ((int)Status(pod, "first")!["restartCount"]!, (int)Status(pod, "second")!["restartCount"]!));
        (await _insula.CliWithInputAsync("still\n", "attach", "-i", "shared", "-c", "second")).Succeeded();
        var log = await Eventually.GetAsync(async () => (await _insula.CliAsync("logs", "shared", "-c", "second")).Output, t => t.Contains("got still", StringComparison.Ordinal), "it reads still");

        // In a shared PID namespace it sees the others.
        Assert.Contains("sleep 3600", log, StringComparison.Ordinal);
        Assert.Equal("here", (await _insula.CliAsync("exec", "shared", "-c", "second", "--", "echo", "here")).Succeeded().Trim());

        // A new sandbox is not for them.
        await Commands.RunAsync("kill", ["-9", $"{Processes.ShimOf(_insula, pod)}"]);
        pod = await _insula.WaitForPodAsync("shared", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "started anew");
        Assert.Equal((137, 0), ((int?)Status(pod, "second")!["state"]!["terminated"]!["exitCode"], (int)Status(pod, "second")!["restartCount"]!));
        await _insula.DeletePodAsync("shared");
    }

    [Fact]
    public async Task The_processes_of_a_target_are_seen_and_its_end_is_the_end()
    {
        await _insula.ApplyAsync(Manifests.Pod("seen", "exec sleep 4715"));
        var pod = await _insula.WaitForReadyAsync("seen");
        (await _insula.CliAsync("debug", "seen", "--image", "busybox", "-c", "eye", "--target", "main", "--", "sh", "-c", "ps -o pid,args; exec sleep 4716")).Succeeded();
        var log = await Eventually.GetAsync(async () => (await _insula.CliAsync("logs", "seen", "-c", "eye")).Output, t => t.Contains("ps -o", StringComparison.Ordinal), "it has looked");
        Assert.Matches("(?m)^ +1 sleep 4715", log);
        await Processes.KillAsync(_insula, pod, "main");
        pod = await _insula.WaitForPodAsync("seen", p => Pods.Restarts(p, "main") == 1 && Status(p, "eye")?["state"]?["terminated"] is not null, "both have ended");
        Assert.Equal(137, (int)Status(pod, "eye")!["state"]!["terminated"]!["exitCode"]!);
        Assert.Contains("Not found", (await _insula.CliAsync("debug", "seen", "--image", "busybox", "--target", "nobody")).Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("seen");
    }

    [Fact]
    public async Task An_image_that_is_not_there_holds_up_nothing_but_itself()
    {
        await _insula.ApplyAsync(Manifests.Pod("unhurt", Manifests.Forever, spec: new { restartPolicy = "Never" }));
        await _insula.WaitForReadyAsync("unhurt");
        Assert.Contains("has not started in 2 s", (await _insula.CliAsync("debug", "unhurt", "--image", "example.invalid/none", "--attach", "--pod-running-timeout", "2s")).Failed(), StringComparison.Ordinal);
        (await _insula.CliAsync("debug", "unhurt", "--image", "busybox", "-c", "lasting", "--profile", "netadmin", "--", "sh", "-c", "ip link add dummy1 type dummy 2>&1; ip addr add 10.9.9.9/32 dev lo && echo may; sleep 1000")).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "unhurt", "-c", "lasting")).Output.Contains("may", StringComparison.Ordinal), "it may change the network");

        // The pod is over when its own containers are; what was added ends with it.
        var pod = (await _insula.Api.FindPodAsync("unhurt"))!;
        (await Commands.RunAsync("kill", ["-TERM", $"{Processes.MainOf(_insula, pod, "main")}"])).Succeeded();
        await _insula.WaitForPodAsync("unhurt", p => Pods.Phase(p) == "Succeeded" && Status(p, "lasting")?["state"]?["terminated"] is not null, "over");
        await _insula.DeletePodAsync("unhurt");
    }

    private static JsonNode? Status(JsonNode pod, string name) =>
        (pod["status"]?["ephemeralContainerStatuses"] as JsonArray ?? []).FirstOrDefault(s => (string?)s?["name"] == name);
}

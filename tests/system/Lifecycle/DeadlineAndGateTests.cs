using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Lifecycle;

/// <summary>activeDeadlineSeconds and readinessGates.</summary>
public sealed class DeadlineAndGateTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_pod_past_its_deadline_is_ended_and_Failed()
    {
        await _insula.ApplyAsync(Manifests.Pod("late", Manifests.Forever, spec: new { activeDeadlineSeconds = 2 }));
        var pod = await _insula.WaitForReadyAsync("late");
        var process = Processes.MainOf(_insula, pod, "main");
        pod = await _insula.WaitForPodAsync("late", p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Equal("DeadlineExceeded", (string?)pod["status"]!["reason"]);
        Assert.False(Directory.Exists($"/proc/{process}"));
        Assert.Contains("DeadlineExceeded", (await _insula.CliAsync("events", "--for", "pod/late")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("late");
    }

    [Fact]
    public async Task The_deadline_runs_while_no_daemon_does_and_may_be_shortened()
    {
        var clock = Stopwatch.StartNew();
        await _insula.ApplyAsync(Manifests.Pod("dies", Manifests.Forever, spec: new { activeDeadlineSeconds = 3600 }));
        await _insula.WaitForReadyAsync("dies");
        var (code, body) = await _insula.Api.SendAsync(
            HttpMethod.Patch, "/api/v1/namespaces/default/pods/dies", JsonNode.Parse("""{"spec":{"activeDeadlineSeconds":5}}"""), "application/merge-patch+json");
        Assert.True((int)code == 200, $"{body}");
        await _insula.KillDaemonAsync();
        await Task.Delay(TimeSpan.FromSeconds(5) - clock.Elapsed > TimeSpan.Zero ? TimeSpan.FromSeconds(5) - clock.Elapsed : TimeSpan.Zero);
        await _insula.StartDaemonAsync();
        var pod = await _insula.WaitForPodAsync("dies", p => Pods.Phase(p) == "Failed", "Failed", deadline: TimeSpan.FromSeconds(10));
        Assert.Equal("DeadlineExceeded", (string?)pod["status"]!["reason"]);
        await _insula.DeletePodAsync("dies");
    }

    [Fact]
    public async Task A_readiness_gate_is_opened_by_a_condition_that_others_set()
    {
        await _insula.ApplyAsync(Manifests.Pod("gated", Manifests.Forever, spec: new { readinessGates = new[] { new { conditionType = "example.com/fed" } } }));
        var pod = await _insula.WaitForPodAsync("gated", p => Pods.Condition(p, "ContainersReady") == "True", "its containers are ready");
        Assert.Equal("False", Pods.Condition(pod, "Ready"));
        await SetAsync("True");
        await _insula.WaitForReadyAsync("gated");
        Assert.Contains("1/1", (await _insula.CliAsync("get", "pod", "gated", "-o", "wide")).Succeeded(), StringComparison.Ordinal);

        // The daemon's own writes keep it, over its death too.
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        pod = await _insula.WaitForReadyAsync("gated");
        await Processes.KillAsync(_insula, pod, "main");
        pod = await _insula.WaitForPodAsync("gated", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted and Ready");
        Assert.Equal("True", Pods.Condition(pod, "example.com/fed"));
        await SetAsync("False");
        await _insula.WaitForPodAsync("gated", p => !Pods.IsReady(p), "not Ready");
        await _insula.DeletePodAsync("gated");

        async Task SetAsync(string status)
        {
            var patch = new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "example.com/fed", ["status"] = status }) } };
            var (code, body) = await _insula.Api.SendAsync(
                HttpMethod.Patch, "/api/v1/namespaces/default/pods/gated/status", patch, "application/strategic-merge-patch+json");
            Assert.True((int)code == 200, $"{body}");
        }
    }
}

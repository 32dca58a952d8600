using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>
/// A reboot: no process, cgroup, link or file of the run directory is left, and the boot has another id. The kernel cannot be
/// rebooted under a test, so all of it is taken away and the id that was kept is changed.
/// </summary>
public sealed class RebootTests
{
    private const string Write =
        "echo run >> /disk/runs; echo run >> /memory/runs; echo this is run $(wc -l < /disk/runs); echo kept > /scratch; " + Manifests.Forever;

    [Fact]
    public async Task Pods_start_again_by_their_policy_with_their_disk_and_logs()
    {
        await using var insula = await Instance.StartAsync();
        foreach (var policy in (string[])["Always", "OnFailure", "Never"])
        {
            await insula.ApplyAsync(Pod(policy));
        }

        await insula.ApplyAsync(Manifests.Pod("finished", "exit 0", spec: new { restartPolicy = "Never" }));
        await insula.WaitForPodAsync("finished", p => Pods.Phase(p) == "Succeeded", "Succeeded");
        var before = new Dictionary<string, JsonNode>();
        foreach (var policy in (string[])["always", "onfailure", "never"])
        {
            before[policy] = await insula.WaitForReadyAsync(policy);
            await Eventually.TrueAsync(
                async () => (await insula.CliAsync("logs", policy)).Succeeded() == "this is run 1\n", "the first run has written its line");
        }

        await insula.RebootAsync();
        foreach (var policy in (string[])["always", "onfailure"])
        {
            var pod = await insula.WaitForPodAsync(policy, p => Pods.IsReady(p) && Pods.Restarts(p, "main") == 1, "started again");
            Assert.Equal(Pods.Uid(before[policy]), Pods.Uid(pod));
            var last = Pods.Container(pod, "main")!["lastState"]!["terminated"]!;
            Assert.Equal("Rebooted", (string?)last["reason"]);
            Assert.Equal((string?)Pods.Container(before[policy], "main")!["containerID"], (string?)last["containerID"]);
            Assert.Equal("2", await ExecAsync(policy, "wc -l < /disk/runs"));
            Assert.Equal("1", await ExecAsync(policy, "wc -l < /memory/runs"));
            await Eventually.TrueAsync(
                async () => (await insula.CliAsync("logs", policy)).Succeeded() == "this is run 2\n", "the second run has its own log");
            Assert.Equal("this is run 1\n", (await insula.CliAsync("logs", policy, "-p")).Succeeded());
        }

        var never = await insula.WaitForPodAsync("never", p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Equal("Rebooted", (string?)Pods.Container(never, "main")!["state"]!["terminated"]!["reason"]);
        Assert.Equal("this is run 1\n", (await insula.CliAsync("logs", "never")).Succeeded());
        Assert.Equal("Succeeded", Pods.Phase((await insula.Api.FindPodAsync("finished"))!));

        // A restart of the daemon is no reboot.
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.Equal(1, Pods.Restarts((await insula.Api.FindPodAsync("always"))!, "main"));
        Assert.True(Pods.IsReady((await insula.Api.FindPodAsync("always"))!));

        async Task<string> ExecAsync(string pod, string command) =>
            (await insula.CliAsync("exec", pod, "--", "sh", "-c", command)).Succeeded().Trim();
    }

    private static string Pod(string policy) => Manifests.Pod(
        policy.ToLowerInvariant(), Write,
        container: new { volumeMounts = new[] { new { name = "disk", mountPath = "/disk" }, new { name = "memory", mountPath = "/memory" } } },
        spec: new
        {
            restartPolicy = policy,
            volumes = new object[] { new { name = "disk", emptyDir = new { } }, new { name = "memory", emptyDir = new { medium = "Memory" } } },
        });
}

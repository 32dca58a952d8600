using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>The shutdown of a machine: pods end within their grace, and begin anew with the next daemon.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task All_pods_end_within_their_grace_and_start_again()
    {
        await using var insula = await Instance.StartAsync("drain-limit: 10s");
        const string Obedient = "trap 'echo bye; exit 0' TERM; echo up; while true; do sleep 3600 & wait $!; done";
        foreach (var policy in (string[])["Always", "OnFailure", "Never"])
        {
            await insula.ApplyAsync(Manifests.Pod(policy.ToLowerInvariant(), Obedient, spec: new { restartPolicy = policy }));
        }

        await insula.ApplyAsync(Manifests.Pod("stubborn", "trap '' TERM; while true; do sleep 3600; done", spec: new { terminationGracePeriodSeconds = 1 }));
        foreach (var name in (string[])["always", "onfailure", "never", "stubborn"])
        {
            await insula.WaitForReadyAsync(name);
        }

        foreach (var name in (string[])["always", "onfailure", "never"])
        {
            // Without its trap, PID 1 is deaf to SIGTERM.
            await Eventually.TrueAsync(async () => (await insula.CliAsync("logs", name)).Output == "up\n", $"{name} has set its trap");
        }

        var refused = await insula.DrainAsync();
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"another insulad (process {insula.DaemonPid}) is running", refused.Error, StringComparison.Ordinal);

        await insula.StopDaemonAsync();
        var drained = await insula.DrainAsync();
        Assert.True(drained.ExitCode == 0, drained.Error);
        await Leaks.AssertNothingRunsAsync(insula);

        await insula.StartDaemonAsync();
        foreach (var name in (string[])["always", "onfailure", "stubborn"])
        {
            var pod = await insula.WaitForReadyAsync(name);
            Assert.Equal(1, Pods.Restarts(pod, "main"));
            Assert.Equal("Terminated", (string?)Pods.Container(pod, "main")!["lastState"]!["terminated"]!["reason"]);
        }

        Assert.Equal("up\nbye\n", (await insula.CliAsync("logs", "always", "--previous")).Succeeded());
        Assert.Equal("Succeeded", Pods.Phase(await insula.WaitForPodAsync("never", _ => true, "there")));
    }
}

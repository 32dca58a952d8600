using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>The daemon dies before the status with a container's end is stored: the end is known to the next daemon all the same.</summary>
public sealed class UnstoredStatusTests
{
    private const int Tries = 5;

    [Fact]
    public async Task An_end_that_is_being_stored_outlives_the_pod_s_sandbox()
    {
        await using var insula = await StartAsync();
        await ApplyAsync(insula, "leaver", "Never");
        insula.Failpoints.Arm("store.batch.uncommitted", $"delay:{TimeSpan.FromMinutes(5).TotalMilliseconds:0}");
        await EndAsync(insula, "leaver");

        // The sandbox of an ended pod is removed: not before. A second is enough for it, wherever it is not kept from it.
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Eventually.TrueAsync(() => clock.Elapsed > TimeSpan.FromSeconds(1) * Eventually.Slowness, "the sandbox had time to go");
        await insula.KillDaemonAsync();
        await AssertEndIsKnownAsync(insula, "leaver");
    }

    [Fact]
    public async Task An_end_that_could_not_be_stored_is_kept_by_the_shim()
    {
        await using var insula = await StartAsync();
        for (var i = 0; ; i++)
        {
            // What else was to be written meanwhile may take the failure; then there is another.
            Assert.True(i < Tries, "no status met the failure");
            var name = $"leaver-{i}";
            await ApplyAsync(insula, name, "Always");
            insula.Failpoints.Arm("store.batch.uncommitted", "error");
            await EndAsync(insula, name);
            await Eventually.TrueAsync(
                async () => IsUnstored(insula) || Ended((await insula.Api.FindPodAsync(name))!) is not null, "the status was stored, or could not be");
            if (IsUnstored(insula))
            {
                await insula.KillDaemonAsync();
                await AssertEndIsKnownAsync(insula, name);
                return;
            }
        }
    }

    private static Task<Instance> StartAsync() =>
        Instance.StartAsync(new InstanceSetup { Failpoints = true, Config = "back-off-initial: 1h\nback-off-max: 1h\n" });

    private static async Task ApplyAsync(Instance insula, string name, string restartPolicy)
    {
        await insula.ApplyAsync(Manifests.Pod(name, "until [ -e /tmp/end ]; do usleep 10000; done; exit 7", spec: new { restartPolicy }));
        await insula.WaitForReadyAsync(name);
    }

    private static async Task EndAsync(Instance insula, string name)
    {
        await insula.CliAsync("exec", name, "--", "touch", "/tmp/end"); // ended with its container, perhaps
        await Eventually.TrueAsync(() => insula.Failpoints.Fired, "a write meets the failpoint");
    }

    private static async Task AssertEndIsKnownAsync(Instance insula, string name)
    {
        insula.Failpoints.Disarm();
        await insula.StartDaemonAsync();
        var pod = await insula.WaitForPodAsync(name, p => Ended(p) is not null, "the end is known");
        Assert.Equal((7, "Error"), ((int?)Ended(pod)!["exitCode"], (string?)Ended(pod)!["reason"]));
    }

    private static bool IsUnstored(Instance insula) => insula.DaemonLog.Contains("its status could not be stored", StringComparison.Ordinal);

    private static JsonNode? Ended(JsonNode pod) =>
        Pods.Container(pod, "main") is { } main ? main["state"]?["terminated"] ?? main["lastState"]?["terminated"] : null;
}

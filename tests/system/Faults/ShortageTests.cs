using System.Diagnostics;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>A daemon that can open nothing for a while forgets nothing of what happened meanwhile.</summary>
public sealed class ShortageTests
{
    [Fact]
    public async Task A_shim_that_dies_while_no_descriptor_can_be_had_is_a_failure_of_its_pod_all_the_same()
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\n", "busybox");
        await insula.ApplyAsync(Manifests.Pod("orphan", Manifests.Forever));
        var shim = Processes.ShimOf(insula, await insula.WaitForReadyAsync("orphan"));
        var limit = await DescriptorsAsync(insula, "--output=SOFT", "--noheadings", "--raw", "--nofile");
        await DescriptorsAsync(insula, "--nofile=3:");
        (await Commands.RunAsync("kill", ["-KILL", $"{shim}"])).Succeeded();
        await Eventually.TrueAsync(() => insula.DaemonLog.Contains(" is lost: ", StringComparison.Ordinal), "the daemon knows of the shim's end");

        // What follows of it takes a moment, and tells nothing when it fails.
        var clock = Stopwatch.StartNew();
        await Eventually.TrueAsync(() => clock.Elapsed > TimeSpan.FromSeconds(1) * Eventually.Slowness, "the pod's worker had time to look");
        await DescriptorsAsync(insula, $"--nofile={limit}:");
        await insula.WaitForPodAsync("orphan", p => Pods.Restarts(p, "main") >= 1 && Pods.IsReady(p), "it runs again");
        await insula.DeletePodAsync("orphan");
    }

    private static async Task<string> DescriptorsAsync(Instance insula, params string[] arguments) =>
        (await Commands.RunAsync("prlimit", ["--pid", $"{insula.DaemonPid}", .. arguments])).Succeeded().Trim();
}

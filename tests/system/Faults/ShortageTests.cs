using System.Diagnostics;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>A daemon that cannot open what it needs in a moment forgets nothing of what happened in it.</summary>
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

    [Fact]
    public async Task A_sandbox_whose_file_cannot_be_opened_is_made_anew_and_its_pod_can_be_deleted()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup { Failpoints = true });
        insula.Failpoints.Arm("pods.sandbox.untold", $"delay:{TimeSpan.FromSeconds(2).TotalMilliseconds * Eventually.Slowness:0}");
        await insula.ApplyAsync(Manifests.Pod("fileless", Manifests.Forever));
        await Eventually.TrueAsync(() => insula.Failpoints.Fired, "the sandbox is made");
        Directory.CreateDirectory(Path.Combine(Assert.Single(Directory.GetDirectories(Path.Combine(insula.Run, "sandboxes"))), "probes"));
        await insula.WaitForReadyAsync("fileless");
        await insula.DeletePodAsync("fileless");
    }

    private static async Task<string> DescriptorsAsync(Instance insula, params string[] arguments) =>
        (await Commands.RunAsync("prlimit", ["--pid", $"{insula.DaemonPid}", .. arguments])).Succeeded().Trim();
}

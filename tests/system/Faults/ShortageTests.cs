using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>A daemon that cannot open what it needs in a moment forgets nothing of what happened in it.</summary>
public sealed class ShortageTests
{
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
}

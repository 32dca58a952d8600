using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>The root directory becomes read-only, or loses layers of images, under a running daemon.</summary>
public sealed class StorageTests
{
    private const string Config = "back-off-initial: 1s\nback-off-max: 2s\n";

    [Fact]
    public async Task A_root_that_becomes_read_only_is_told_stops_no_pod_and_is_over_when_it_can_be_written()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup { Config = Config, Mounts = "true" });
        await insula.ApplyAsync(Manifests.Pod("runs", $"echo hello; {Manifests.Forever}"));
        await insula.WaitForReadyAsync("runs");
        await insula.ApplyAsync(Manifests.Pod("leaves", Manifests.Forever));
        await insula.WaitForReadyAsync("leaves");
        await CoverAsync(insula, "mount --bind \"$0\" \"$0\"; mount -o remount,bind,ro \"$0\"");

        await insula.ApplyAsync(Manifests.Pod("late", Manifests.Forever));
        await Eventually.GetAsync(
            async () => (await insula.CliAsync("events", "--for", "pod/late")).Output, events => events.Contains("Read-only file system", StringComparison.Ordinal), "the reason is told");
        (await insula.CliAsync("delete", "pod", "leaves", "--grace-period", "0", "--wait=false")).Succeeded();
        Assert.Equal("runs", (await insula.CliAsync("exec", "runs", "--", "hostname")).Succeeded().Trim());
        Assert.Equal("hello", (await insula.CliAsync("logs", "runs")).Succeeded().Trim());
        var runs = (await insula.Api.FindPodAsync("runs"))!;
        Assert.Equal((true, 0), (Pods.IsReady(runs), Pods.Restarts(runs, "main")));

        await CoverAsync(insula, "umount --lazy \"$0\"");
        await insula.WaitForReadyAsync("late");
        await Eventually.TrueAsync(async () => await insula.Api.FindPodAsync("leaves") is null, "what was to go is gone");
        await insula.DeletePodAsync("late");
        await insula.DeletePodAsync("runs");
    }

    [Theory]
    [InlineData("images/layers/*")]
    [InlineData("images")]
    public async Task Images_removed_by_hand_are_missed_and_can_be_loaded_again(string removed)
    {
        await using var insula = await Instance.StartAsync(Config, "busybox");
        await insula.ApplyAsync(Manifests.Pod("before", $"echo hello; {Manifests.Forever}"));
        await insula.WaitForReadyAsync("before");
        (await Commands.RunAsync("sh", ["-c", $"rm -r {insula.Root}/{removed}"])).Succeeded();

        await insula.ApplyAsync(Manifests.Pod("after", Manifests.Forever));
        var waiting = await insula.WaitForPodAsync("after", p => Told(p).Length > 0, "says what is missing");
        Assert.Matches("image|layer", Told(waiting));
        (await insula.CliAsync("load", Repository.Image("busybox"))).Succeeded();
        await insula.WaitForReadyAsync("after");
        await insula.DeletePodAsync("before");
        await insula.DeletePodAsync("after");
    }

    private static string Told(JsonNode pod) => Pods.Container(pod, "main") is { } main
        ? (string?)main["state"]?["waiting"]?["message"] ?? (string?)main["state"]?["terminated"]?["message"] ?? (string?)main["lastState"]?["terminated"]?["message"] ?? ""
        : "";

    // Another mount of it, read-only, on top: the first cannot be changed while the database is open for writing.
    private static async Task CoverAsync(Instance insula, string script) =>
        (await Commands.RunAsync("nsenter", ["--target", $"{insula.DaemonPid}", "--mount", "sh", "-ec", script, insula.Root])).Succeeded();
}

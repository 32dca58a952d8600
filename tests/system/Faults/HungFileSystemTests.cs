using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>A file system under a pod stops answering: the pod waits for it, nobody else does; and when it lets go, nothing is left.</summary>
public sealed class HungFileSystemTests : IDisposable
{
    // Deadlines of stuck removals are long.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    private readonly string _directory = Directory.CreateTempSubdirectory("insula-test-").FullName;

    public void Dispose() => Directory.Delete(_directory);

    [Fact]
    public async Task A_volume_that_hangs_holds_up_its_own_pod_until_it_lets_go()
    {
        await using var insula = await Instance.StartAsync();
        await using (var volume = await HungFileSystem.MountAsync(_directory))
        {
            await insula.ApplyAsync(Pod("stuck", "echo begun; while true; do ls /data >/dev/null; usleep 10000; done", _directory));
            await insula.WaitForReadyAsync("stuck");
            volume.Hang();
            await Eventually.TrueAsync(() => volume.IsWaitedFor, "the pod waits for its volume");

            await AssertOthersGoOnAsync(insula, "beside");

            // A pod that begins with it waits, too, and can be deleted all the same, or is as stuck.
            await insula.ApplyAsync(Pod("late", Manifests.Forever, _directory));
            await AssertOthersGoOnAsync(insula, "another");
            await DeleteSoonAsync(insula, "stuck");
            await DeleteSoonAsync(insula, "late");
            await AssertOthersGoOnAsync(insula, "third");
            Assert.NotNull(await insula.Api.FindPodAsync("stuck"));
            await volume.AbortAsync();
            await GoneAsync(insula, "stuck");
            await GoneAsync(insula, "late");
        }

        await Leaks.AssertNoPodIsLeftAsync(insula);
    }

    [Fact]
    public async Task A_log_directory_that_hangs_holds_up_its_own_pod_until_it_lets_go()
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\n");
        await insula.ApplyAsync(Manifests.Pod("stuck", "until [ -e /tmp/end ]; do usleep 10000; done", spec: new { terminationGracePeriodSeconds = 1 }));
        var pod = await insula.WaitForReadyAsync("stuck");
        await using (var logs = await HungFileSystem.MountAsync($"{insula.Root}/pods/{Pods.Uid(pod)}/logs"))
        {
            logs.Hang();
            await insula.CliAsync("exec", "stuck", "--", "touch", "/tmp/end"); // ended with its container, perhaps
            await Eventually.TrueAsync(() => logs.IsWaitedFor, "the next start waits for its log");

            // More readers than there are threads for: none may hold up what others ask.
            var readers = Enumerable.Range(0, 2 * Environment.ProcessorCount + 2).Select(_ => insula.CliAsync("logs", "stuck")).ToList();
            await AssertOthersGoOnAsync(insula, "beside");
            await DeleteSoonAsync(insula, "stuck");
            await AssertOthersGoOnAsync(insula, "another");
            await logs.AbortAsync();
            Assert.All(await Task.WhenAll(readers), reader => Assert.NotEqual("", reader.Output + reader.Error));
        }

        // It is mounted in the pod's own directory, which cannot go before.
        await GoneAsync(insula, "stuck");
        await Leaks.AssertNoPodIsLeftAsync(insula);
    }

    private static string Pod(string name, string script, string volume) => Manifests.Pod(
        name, script,
        container: new { volumeMounts = new[] { new { name = "data", mountPath = "/data" } } },
        spec: new { terminationGracePeriodSeconds = 1, volumes = new[] { new { name = "data", hostPath = new { path = volume } } } });

    private static async Task AssertOthersGoOnAsync(Instance insula, string name)
    {
        await insula.ApplyAsync(Manifests.Pod(name, $"echo hello; {Manifests.Forever}"));
        await insula.WaitForReadyAsync(name);
        Assert.Equal(name, (await insula.CliAsync("exec", name, "--", "hostname")).Succeeded().Trim());
        await insula.OutputIsAsync("hello\n", "logs", name);
        Assert.NotEmpty((await insula.Api.GetAsync("/api/v1/pods"))["items"]!.AsArray());
        await insula.DeletePodAsync(name);
    }

    private static async Task DeleteSoonAsync(Instance insula, string name) =>
        (await insula.CliAsync("delete", "pod", name, "--grace-period", "0", "--wait=false")).Succeeded();

    private static Task<JsonNode?> GoneAsync(Instance insula, string name) =>
        Eventually.GetAsync(
            async () => (JsonNode?)(await insula.Api.FindPodAsync(name))?["status"], left => left is null, $"pod {name} is gone, once the file system let go", _patience);
}

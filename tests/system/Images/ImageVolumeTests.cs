using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Images;

/// <summary>Images as volumes: what a container sees of them, where they come from, and that they stay as long as they are used.</summary>
public sealed class ImageVolumeTests
{
    // Of three layers, of which the upper ones hide parts of the lower.
    private static string Layered => Repository.Image("whiteouts");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_is_seen_as_a_container_of_it_would_and_cannot_be_written(bool hostUsers)
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\n", "busybox", "whiteouts");
        await insula.ApplyAsync(Manifests.Pod("own", Manifests.Forever, new { image = "whiteouts" }, new { hostUsers }));
        await insula.ApplyAsync(Pod("guest", [("layered", "whiteouts", "/layered", ""), ("single", "busybox", "/single", "")], hostUsers: hostUsers));
        await insula.WaitForReadyAsync("own");
        await insula.WaitForReadyAsync("guest");
        const string List = "find . -xdev \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./etc -o -path ./layered -o -path ./single \\) -prune -o -exec stat -c '%n %u:%g %a' {} + | sort";
        Assert.Equal(await ShAsync(insula, "own", $"cd /; {List}"), await ShAsync(insula, "guest", $"cd /layered; {List}"));

        // One layer is a directory of the store: it must be as safe as several.
        Assert.Equal("yes", await ShAsync(insula, "guest", "/single/bin/busybox echo yes"));
        foreach (var path in (string[])["/layered/new", "/single/new", "/single/bin/busybox"])
        {
            Assert.Contains("Read-only file system", (await insula.CliAsync("exec", "guest", "--", "sh", "-c", $"echo x > {path}")).Failed(), StringComparison.Ordinal);
        }

        foreach (var mount in (string[])["/layered", "/single"])
        {
            var options = await ShAsync(insula, "guest", $"grep ' {mount} ' /proc/self/mountinfo | cut -d' ' -f6");
            Assert.Equal(["nodev", "nosuid", "ro"], options.Split(',').Intersect(["ro", "nosuid", "nodev"]).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_part_of_an_image_is_one_that_is_there_and_makes_nothing_in_the_store(bool hostUsers)
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\n", "busybox", "whiteouts");
        await insula.ApplyAsync(Pod("parts",
        [
            ("layered", "whiteouts", "/bin2", "bin"), ("layered", "whiteouts", "/shell", "bin/busybox"), ("single", "busybox", "/bin1", "bin"), ("single", "busybox", "/file", "bin/busybox"),
        ], hostUsers: hostUsers));
        await insula.WaitForReadyAsync("parts");
        Assert.Equal("ok ok ok ok", await ShAsync(insula, "parts", "echo $(/bin2/busybox echo ok) $(test -f /shell && echo ok) $(/bin1/busybox echo ok) $(test -f /file && echo ok)"));
        Assert.Contains("Read-only file system", (await insula.CliAsync("exec", "parts", "--", "touch", "/bin1/x")).Failed(), StringComparison.Ordinal);
        foreach (var (name, image) in ((string, string)[])[("one", "busybox"), ("many", "whiteouts")])
        {
            await insula.ApplyAsync(Pod(name, [("v", image, "/v", "no/such")], hostUsers: hostUsers));
            await insula.WaitForPodAsync(name, p => Message(p).Contains("the image of volume 'v' has no 'no/such'", StringComparison.Ordinal), "waits for a part that is not there");
        }

        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(insula.Root, "images"), "no", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true }));
    }

    [Fact]
    public async Task It_is_pulled_because_a_pod_wants_it_and_stays_while_that_has_it()
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 100ms\nback-off-max: 1s\n");
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        await using var registry = await DockerRegistry.StartAsync(host);
        var image = $"{registry.Name}/team/data:1";
        await insula.ApplyAsync(Pod("guest", [("data", image, "/data", "")]));
        await insula.WaitForPodAsync("guest", p => Message(p).Contains($"volume data: image \"{image}\"", StringComparison.Ordinal), "says which image cannot be had");
        await registry.PushAsync(Layered, "team/data", "1");
        await insula.WaitForReadyAsync("guest");
        Assert.Contains($"Successfully pulled image \"{image}\"", (await insula.CliAsync("events", "--for", "pod/guest")).Succeeded(), StringComparison.Ordinal);

        // The name leads to another image now; what is mounted is in use all the same, for the next daemon too.
        var id = (await insula.CliAsync("image", "inspect", image, "-o", "jsonpath={.id}")).Output;
        (await insula.CliAsync("load", Repository.Image("busybox"), "--name", image)).Succeeded();
        var seen = await ShAsync(insula, "guest", "find /data | sort | md5sum");
        for (var daemon = 0; daemon < 2; daemon++)
        {
            (await insula.CliAsync("image", "prune", "--all")).Succeeded();
            Assert.Equal(seen, await ShAsync(insula, "guest", "find /data | sort | md5sum"));
            Assert.Equal("ok", await ShAsync(insula, "guest", "/data/bin/busybox echo ok"));
            await insula.KillDaemonAsync();
            await insula.StartDaemonAsync();
        }

        await insula.DeletePodAsync("guest");
        (await insula.CliAsync("image", "prune", "--all")).Succeeded();
        Assert.DoesNotContain("team/data", (await insula.CliAsync("images")).Succeeded(), StringComparison.Ordinal);
        Assert.NotNull(id);
    }

    [Fact]
    public async Task One_that_is_not_there_and_never_pulled_is_told()
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\n");
        await insula.ApplyAsync(Pod("never", [("data", "example.com/none:1", "/data", "")], "Never"));
        await insula.WaitForPodAsync("never", p => Message(p).StartsWith("The image of volume data, \"example.com/none:1\" is not present with pull policy of Never", StringComparison.Ordinal), "says what to do");
        (await insula.CliAsync("load", Layered, "--name", "example.com/none:1")).Succeeded();
        await insula.WaitForReadyAsync("never");
    }

    [Fact]
    public async Task The_example_runs()
    {
        await using var insula = await Instance.StartAsync();
        (await insula.CliAsync("apply", "-f", Path.Combine(Repository.Root, "examples", "image-volume.yaml"))).Succeeded();
        await insula.WaitForReadyAsync("reader");
        await Eventually.TrueAsync(
            async () => (await insula.CliAsync("logs", "reader")).Output is var log && log.Contains("run from the volume", StringComparison.Ordinal) && log.Contains("and it cannot be written", StringComparison.Ordinal), "it has read and not written");
    }

    private static string Pod(string name, (string Name, string Image, string Path, string SubPath)[] mounts, string policy = "IfNotPresent", bool hostUsers = true) => Manifests.Pod(
        name, Manifests.Forever,
        new { volumeMounts = mounts.Select(m => new { name = m.Name, mountPath = m.Path, subPath = m.SubPath.Length == 0 ? null : m.SubPath }) },
        new { hostUsers, volumes = mounts.DistinctBy(m => m.Name).Select(m => new { name = m.Name, image = new { reference = m.Image, pullPolicy = policy } }) });

    private static string Message(JsonNode pod) => (string?)Pods.Container(pod, "main")?["state"]?["waiting"]?["message"] ?? "";

    private static async Task<string> ShAsync(Instance insula, string pod, string command) =>
        (await insula.CliAsync("exec", pod, "--", "sh", "-c", command)).Succeeded().Trim();
}

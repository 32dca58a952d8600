using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Images.Tests.Support;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Containers;

/// <summary>Whom a container runs as: what manifest and image say, what the kernel shows, what the status tells.</summary>
public sealed class IdentityTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string ConfigError = "CreateContainerConfigError";

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Every_user_string_is_what_the_kernel_shows_or_is_refused_and_none_evades_runAsNonRoot()
    {
        const int ContainersOfAPod = 40;

        // An image with a NUL in it is refused before that.
        var rows = UserStrings.All.Where(row => !row.Text.Contains('\0', StringComparison.Ordinal)).Select((row, i) => (Name: $"u{i}", row.Text, row.Uid, row.Gid)).ToList();
        foreach (var part in rows.Chunk(ContainersOfAPod))
        {
            await LoadAsync(part.Select(row => (row.Name, row.Text)));
            foreach (var nonRoot in (bool[])[false, true])
            {
                var pod = nonRoot ? "strings-nonroot" : "strings";
                await _insula.ApplyAsync(PodOf(pod, part.Select(row => row.Name), nonRoot));
                foreach (var (name, text, uid, gid) in part)
                {
                    // Refused, or run to its end with what it saw of itself.
                    var seen = await _insula.WaitForPodAsync(pod, p => Waiting(p, name) is not null || (Ended(p, name) && Pods.Container(p, name)!["user"] is not null), $"{name} ({JsonSerializer.Serialize(text)}) is decided");
                    var status = Pods.Container(seen, name)!;
                    if (uid is null || (nonRoot && uid == 0))
                    {
                        Assert.Equal(ConfigError, Waiting(seen, name));
                        Assert.Null(status["user"]);
                        var message = (string)status["state"]!["waiting"]!["message"]!;
                        Assert.DoesNotContain(message, char.IsControl);
                        Assert.True(uid is null || message.Contains("runAsNonRoot", StringComparison.Ordinal), message);
                        continue;
                    }

                    Assert.True(Ended(seen, name), $"{JsonSerializer.Serialize(text)}: {status}");
                    var told = status["user"]!["linux"]!;
                    Assert.Equal((uid, gid), ((uint)told["uid"]!, (uint)told["gid"]!));
                    Assert.Equal($"{uid} {gid}\n", await _insula.Api.Http.GetStringAsync(new Uri($"/api/v1/namespaces/default/pods/{pod}/log?container={name}", UriKind.Relative)));
                }

                await _insula.DeletePodAsync(pod);
            }
        }
    }

    [Theory]
    [InlineData("hostile-users", null, "4294967296")]
    [InlineData("hostile-passwd", null, "/etc/passwd")]
    [InlineData("hostile-fifo", null, "/etc/passwd")]

    // Nor when the manifest names the number: who else is in its groups cannot be known.
    [InlineData("hostile-passwd", 1000, "/etc/passwd")]
    [InlineData("hostile-fifo", 1000, "/etc/passwd")]
    public async Task Hostile_users_of_an_image_start_nothing(string image, int? user, string message)
    {
        (await _insula.CliAsync("load", Repository.Image(image))).Succeeded();
        await _insula.ApplyAsync(Manifests.Pod("hostile", "id", container: new { image, securityContext = new { runAsUser = user } }));
        var pod = await _insula.WaitForPodAsync("hostile", p => Waiting(p, "main") == ConfigError, $"{image} is refused");
        Assert.Contains(message, (string)Pods.Container(pod, "main")!["state"]!["waiting"]!["message"]!, StringComparison.Ordinal);
        await _insula.DeletePodAsync("hostile");
    }

    [Fact]
    public async Task Groups_are_exactly_the_manifest_s_and_with_Merge_the_image_s_too()
    {
        // The image has app in users (100) and staff (200); the primary group is always among them.
        foreach (var (policy, groups) in ((string?, long[])[])[(null, [100, 200, 1000, 3000]), ("Merge", [100, 200, 1000, 3000]), ("Strict", [1000, 3000])])
        {
            await _insula.ApplyAsync(Manifests.Pod(
                "groups", Manifests.Forever, spec: new { securityContext = new { runAsUser = 1000, supplementalGroups = new[] { 3000 }, supplementalGroupsPolicy = policy } }));
            var pod = await _insula.WaitForReadyAsync("groups");
            var pid = Processes.MainOf(_insula, pod, "main");
            Assert.Equal(string.Join(' ', groups), Processes.Status(pid, "Groups"));
            Assert.Equal(groups, Groups(pod));
            Assert.Equal($"uid=1000(app) gid=1000(app) groups={string.Join(',', groups)}", Plain((await _insula.CliAsync("exec", "groups", "--", "id")).Succeeded()));
            await _insula.DeletePodAsync("groups");
        }
    }

    [Fact]
    public async Task Status_tells_the_first_user_whatever_the_program_becomes()
    {
        await _insula.ApplyAsync(Manifests.Pod("becomes", "exec su -s /bin/sh www-data -c 'exec sleep 3600'", spec: new { terminationGracePeriodSeconds = 0 }));
        var pod = await _insula.WaitForReadyAsync("becomes");
        await Eventually.TrueAsync(() => Processes.Status(Processes.MainOf(_insula, pod, "main"), "Uid").StartsWith("33\t", StringComparison.Ordinal), "it has become another");
        Assert.Equal(0, (int)Pods.Container(pod, "main")!["user"]!["linux"]!["uid"]!);

        // A new daemon tells the same.
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        pod = await _insula.WaitForReadyAsync("becomes");
        Assert.Equal(0, (int)Pods.Container(pod, "main")!["user"]!["linux"]!["uid"]!);
        Assert.Equal([0], Groups(pod));
        await _insula.DeletePodAsync("becomes");
    }

    private static long[] Groups(JsonNode pod) =>
        [.. Pods.Container(pod, "main")!["user"]!["linux"]!["supplementalGroups"]!.AsArray().Select(g => (long)g!)];

    private static string Plain(string id) => System.Text.RegularExpressions.Regex.Replace(id.Trim(), @"(?<=groups=.*)\([^)]*\)", "");

    private static string? Waiting(JsonNode pod, string container) =>
        Pods.Container(pod, container)?["state"]?["waiting"]?["reason"] is { } reason && (string)reason! != "ContainerCreating" ? (string?)reason : null;

    private static bool Ended(JsonNode pod, string container) => Pods.Container(pod, container)?["state"]?["terminated"] is not null;

    private async Task LoadAsync(IEnumerable<(string Name, string User)> images)
    {
        var tar = new TarBuilder().Directory("bin").File("bin/busybox", await File.ReadAllBytesAsync("/bin/busybox"), mode: 0x1ED)
            .Directory("etc").File("etc/passwd", UserStrings.Passwd).File("etc/group", UserStrings.Group).Directory("proc").Directory("sys").Directory("dev");
        foreach (var applet in (string[])["sh", "awk"])
        {
            tar.Link($"bin/{applet}", "busybox");
        }

        var builder = new ImageBuilder().Layer(tar);
        var manifests = new List<string>();
        foreach (var (name, user) in images)
        {
            builder.Config = new JsonObject { ["Env"] = new JsonArray("PATH=/bin"), ["User"] = user }.ToJsonString();
            manifests.Add(builder.AddManifest($$"""{"io.containerd.image.name":"example.com/{{name}}:1"}"""));
        }

        var archive = Path.Combine(_insula.Base, "strings");
        await File.WriteAllBytesAsync(archive, builder.Index([.. manifests]).Archive());
        (await _insula.CliAsync("load", archive)).Succeeded();
    }

    private static string PodOf(string name, IEnumerable<string> images, bool nonRoot) => new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["restartPolicy"] = "Never",
            ["securityContext"] = new JsonObject { ["runAsNonRoot"] = nonRoot },
            ["containers"] = new JsonArray([.. images.Select(image => (JsonNode)new JsonObject
            {
                ["name"] = image,
                ["image"] = $"example.com/{image}:1",

                // What the kernel says of the process itself, not what a program looks up.
                ["command"] = new JsonArray("awk", "/^Uid:/{u=$3} /^Gid:/{print u, $3}", "/proc/self/status"),
            })]),
        },
    }.ToJsonString();
}

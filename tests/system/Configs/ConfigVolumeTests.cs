using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Configs;

/// <summary>Volumes made from ConfigMaps, Secrets and the pod's own fields, seen from inside and by the kernel.</summary>
public sealed class ConfigVolumeTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Files_are_there_in_memory_and_read_only_with_their_modes(bool hostUsers)
    {
        var name = hostUsers ? "files" : "files-userns";
        await MapAsync(name, """{"a":"one\n","b":"two\n"}""");
        await SecretAsync(name, """{"key":"hush\n"}""");
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, metadata: new { labels = new { app = "shop" } }, container: new
        {
            securityContext = new { runAsUser = 1000 },
            volumeMounts = new object[]
            {
                new { name = "map", mountPath = "/map" }, new { name = "secret", mountPath = "/secret" },
                new { name = "all", mountPath = "/all" }, new { name = "map", mountPath = "/one/file", subPath = "a" },
            },
        }, spec: new
        {
            hostUsers,
            securityContext = new { fsGroup = 3000 },
            volumes = new object[]
            {
                new { name = "map", configMap = new { name } },
                new { name = "secret", secret = new { secretName = name, defaultMode = 0b100_000_000, items = new[] { new { key = "key", path = "deep/down/key" } } } },
                new
                {
                    name = "all",
                    projected = new
                    {
                        sources = new object[]
                        {
                            new { configMap = new { name, items = new[] { new { key = "a", path = "map/a", mode = 0b110_000_000 } } } },
                            new { secret = new { name } },
                            new { downwardAPI = new { items = new object[] { new { path = "labels", fieldRef = new { fieldPath = "metadata.labels" } } } } },
                            new { secret = new { name = "not-there", optional = true } },
                        },
                    },
                },
            },
        }));
        await _insula.WaitForReadyAsync(name);
        Assert.Equal("one\ntwo\n", await ShellAsync(name, "cat /map/a /map/b"));
        Assert.Equal("hush\nhush\none\napp=\"shop\"", await ShellAsync(name, "cat /secret/deep/down/key /all/key /all/map/a /all/labels"));
        Assert.Equal("one\n", await ShellAsync(name, "cat /one/file"));
        Assert.Equal("..data/a\n", await ShellAsync(name, "readlink /map/a"));

        // The group may read, nobody else may; 0400 and 0600 become what the group needs.
        Assert.Equal("440 0 3000\n640 0 3000\n644 0 3000\n", await ShellAsync(name, "stat -L -c '%a %u %g' /secret/deep/down/key /all/map/a /map/a"));
        Assert.Equal("3\n", await ShellAsync(name, "grep -cE '^tmpfs /(map|secret|all) tmpfs ro' /proc/mounts"));
        Assert.Contains("Read-only", (await _insula.CliAsync("exec", name, "--", "sh", "-c", "echo x > /map/new")).Failed(), StringComparison.Ordinal);

        // Not on any disk.
        var pod = (await _insula.Api.FindPodAsync(name))!;
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_insula.Root, "pods", Pods.Uid(pod), "volumes")));
        await _insula.DeletePodAsync(name);
    }

    [Fact]
    public async Task Changes_arrive_at_once_and_all_together()
    {
        await MapAsync("live", """{"a":"1","b":"1"}""");
        await _insula.ApplyAsync(Manifests.Pod("live", Manifests.Forever, metadata: new { labels = new { v = "1" } }, container: new
        {
            volumeMounts = new object[] { new { name = "map", mountPath = "/map" }, new { name = "own", mountPath = "/own" } },
        }, spec: new
        {
            volumes = new object[]
            {
                new { name = "map", configMap = new { name = "live", optional = true } },
                new { name = "own", downwardAPI = new { items = new[] { new { path = "labels", fieldRef = new { fieldPath = "metadata.labels" } } } } },
            },
        }));
        var pod = await _insula.WaitForReadyAsync("live");
        await PatchAsync("configmaps/live", """{"data":{"a":"2","b":"2","c":"2"}}""");
        await Eventually.TrueAsync(async () => await ShellAsync("live", "cat /map/*") == "222", "the new files");
        await PatchAsync("pods/live", """{"metadata":{"labels":{"v":"2"}}}""");
        await Eventually.TrueAsync(async () => await ShellAsync("live", "cat /own/labels") == "v=\"2\"", "the new labels");

        // A reader that holds the directory never sees a mixture, and old ones do not pile up.
        for (var i = 3; i < 10; i++)
        {
            await PatchAsync("configmaps/live", $$$"""{"data":{"a":"{{{i}}}","b":"{{{i}}}","c":null}}""");
            var seen = await ShellAsync("live", "cd -P /map/..data && cat a b");
            Assert.True(seen.Length == 2 && seen[0] == seen[1], $"a mixture: {seen}");
        }

        await Eventually.TrueAsync(async () => await ShellAsync("live", "cat /map/*") == "99", "the last files");
        Assert.Equal("4\n", await ShellAsync("live", "ls -A /map | wc -l")); // a, b, ..data, and where it points

        // What changes while no daemon runs arrives with the next one.
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        (await _insula.CliAsync("delete", "configmap", "live")).Succeeded();
        await Eventually.TrueAsync(async () => await ShellAsync("live", "ls /map") == "", "an optional object that is gone leaves nothing");
        pod = (await _insula.Api.FindPodAsync("live"))!;
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        await _insula.DeletePodAsync("live");
    }

    [Fact]
    public async Task A_pod_waits_for_its_volumes_objects_and_goes_on_when_they_appear()
    {
        await _insula.ApplyAsync(Manifests.Pod("waits", Manifests.Forever, container: new { volumeMounts = new object[] { new { name = "v", mountPath = "/v" } } }, spec: new
        {
            volumes = new object[] { new { name = "v", secret = new { secretName = "later", items = new[] { new { key = "k", path = "f" } } } } },
        }));
        await _insula.WaitForPodAsync("waits", p => ((string?)Pods.Container(p, "main")?["state"]?["waiting"]?["message"] ?? "").Contains("secret \"later\" not found", StringComparison.Ordinal), "says what it waits for");
        Assert.Contains("FailedMount", (await _insula.CliAsync("events", "--for", "pod/waits")).Succeeded(), StringComparison.Ordinal);
        await SecretAsync("later", """{"other":"x"}""");
        await _insula.WaitForPodAsync("waits", p => ((string?)Pods.Container(p, "main")?["state"]?["waiting"]?["message"] ?? "").Contains("references non-existent secret key: k", StringComparison.Ordinal), "says which key it waits for");
        await PatchAsync("secrets/later", """{"stringData":{"k":"here"}}""");
        await _insula.WaitForReadyAsync("waits");
        Assert.Equal("here", await ShellAsync("waits", "cat /v/f"));
        await _insula.DeletePodAsync("waits");
    }

    [Fact]
    public async Task A_new_sandbox_has_the_files_of_now_and_the_daemons_death_takes_none()
    {
        await MapAsync("again", """{"a":"1"}""");
        await _insula.ApplyAsync(Manifests.Pod("again", Manifests.Forever, container: new { volumeMounts = new object[] { new { name = "map", mountPath = "/map" } } }, spec: new
        {
            volumes = new object[] { new { name = "map", configMap = new { name = "again" } } },
        }));
        var pod = await _insula.WaitForReadyAsync("again");
        var before = await ShellAsync("again", "readlink /map/..data");
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        Assert.Equal(before, await ShellAsync("again", "readlink /map/..data"));
        await PatchAsync("configmaps/again", """{"data":{"a":"2"}}""");
        var shim = int.Parse(Processes.Status(Processes.MainOf(_insula, pod, "main"), "PPid"), CultureInfo.InvariantCulture);
        (await Commands.RunAsync("kill", ["-KILL", $"{shim}"])).Succeeded();
        await _insula.WaitForPodAsync("again", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "Ready in a new sandbox");
        Assert.Equal("2", await ShellAsync("again", "cat /map/a"));
        await _insula.DeletePodAsync("again");
    }

    private async Task<string> ShellAsync(string pod, string script) => (await _insula.CliAsync("exec", pod, "--", "sh", "-c", script)).Succeeded();

    private Task<string> MapAsync(string name, string data) => _insula.ApplyAsync($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{{{data}}}}""");

    private Task<string> SecretAsync(string name, string data) => _insula.ApplyAsync($$$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{{name}}}"},"stringData":{{{data}}}}""");

    private async Task PatchAsync(string path, string patch)
    {
        var (code, body) = await _insula.Api.SendAsync(HttpMethod.Patch, $"/api/v1/namespaces/default/{path}", JsonNode.Parse(patch), "application/merge-patch+json");
        Assert.True((int)code == 200, $"{body}");
    }
}

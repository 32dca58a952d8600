using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Linux.Files;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Limits;

/// <summary>
/// Limits of disk where the daemon's file system has quotas of projects: of ext4, made for the test in a file. Not every kernel has them (CONFIG_QFMT_V2): where it has not,
/// the same limits are found by looking, and <c>system check</c> says so.
/// </summary>
public sealed class DiskQuotaTests(DiskQuotaTests.Fixture fixture) : IClassFixture<DiskQuotaTests.Fixture>
{
    private const long Mi = 1 << 20;
    private readonly Instance _insula = fixture.Instance;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_volume_is_held_at_its_limit_and_its_pod_evicted(bool hostUsers)
    {
        var name = hostUsers ? "volume-root" : "volume-mapped";
        var pod = Pod(name, hostUsers, "dd if=/dev/zero of=/data/f bs=64k count=1024 2>&1; stat -c 'blocks %b' /data/f", new JsonObject { ["sizeLimit"] = "8Mi" });
        await _insula.ApplyAsync(pod.ToJsonString());
        var evicted = await EvictedAsync(name, out var written);
        Assert.Equal("Usage of EmptyDir volume \"data\" exceeds the limit \"8Mi\". ", (string?)evicted["status"]!["message"]);
        await HeldAsync(await written, 8 * Mi);
        await GoneAsync(name);
    }

    [Fact]
    public async Task A_container_is_held_at_its_limit_over_its_layer_and_its_logs_and_its_pod_evicted()
    {
        var pod = JsonNode.Parse(Manifests.Pod(
            "layer", $"dd if=/dev/zero of=/f bs=64k count=1024 2>&1; stat -c 'blocks %b' /f; {Manifests.Forever}",
            new { resources = new Dictionary<string, object> { ["limits"] = new Dictionary<string, string> { ["ephemeral-storage"] = "8Mi" } } }, new { hostUsers = false }))!;
        await _insula.ApplyAsync(pod.ToJsonString());
        var evicted = await EvictedAsync("layer", out var written);
        Assert.Contains((string?)evicted["status"]!["message"], (string[])[
            "Pod ephemeral local storage usage exceeds the total limit of containers 8Mi. ", "Container main exceeded its local ephemeral storage limit \"8Mi\". "]);
        await HeldAsync(await written, 8 * Mi);
        await GoneAsync("layer");
    }

    [Fact]
    public async Task A_local_volume_holds_what_its_claim_says_over_daemons_and_more_when_that_grows()
    {
        if (await LackAsync())
        {
            return;
        }

        await _insula.ApplyAsync("""{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"grows"},"provisioner":"insula.dev/local","allowVolumeExpansion":true,"volumeBindingMode":"WaitForFirstConsumer"}""");
        await _insula.ApplyAsync("""{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},"spec":{"storageClassName":"grows","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"8Mi"}}}}""");
        var pod = Pod("claims", hostUsers: false, ":", null);
        pod["spec"]!["volumes"]![0] = new JsonObject { ["name"] = "data", ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = "data" } };
        await _insula.ApplyAsync(pod.ToJsonString());
        await _insula.WaitForReadyAsync("claims");
        await FullAsync(8);
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        Assert.True(Pods.IsReady((await _insula.Api.FindPodAsync("claims"))!));
        (await _insula.CliAsync("patch", "pvc", "data", "-p", """{"spec":{"resources":{"requests":{"storage":"16Mi"}}}}""")).Succeeded();

        // Not df, which looks at another mount of the same file system.
        await Eventually.GetAsync(
            async () => (await _insula.CliAsync("exec", "claims", "--", "stat", "-f", "-c", "%b %S", "/data")).Output.Split(' '),
            words => words is [var blocks, var size] && long.Parse(blocks, CultureInfo.InvariantCulture) * long.Parse(size, CultureInfo.InvariantCulture) == 16 * Mi, "it is larger");
        await FullAsync(16);

        // Once more with a new pod, and then nothing is left of it.
        var projects = Path.Combine(Daemon, "projects");
        Assert.NotEmpty(Directory.GetFiles(projects));
        await _insula.DeletePodAsync("claims");
        (await _insula.CliAsync("delete", "pvc", "data")).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.Api.GetAsync("/api/v1/persistentvolumes"))["items"]!.AsArray().Count == 0, "the volume is gone");
        await Eventually.TrueAsync(() => Directory.GetFiles(projects).Length == 0, "its project is nobody's any more");

        async Task FullAsync(long mebibytes)
        {
            Assert.Contains("quota exceeded", (await _insula.CliAsync("exec", "claims", "--", "sh", "-c", "dd if=/dev/zero of=/data/f bs=64k count=1024")).Failed(), StringComparison.OrdinalIgnoreCase);
            var used = long.Parse((await _insula.CliAsync("exec", "claims", "--", "stat", "-c", "%b", "/data/f")).Succeeded(), CultureInfo.InvariantCulture) * 512;
            Assert.InRange(used, (mebibytes - 1) * Mi, mebibytes * Mi);
        }
    }

    [Fact]
    public async Task A_project_of_an_administrator_is_left_alone()
    {
        if (await LackAsync())
        {
            return;
        }

        // Of the number that the next directory would get: it is taken by what is in it.
        var first = await NextAsync("before");
        using (var foreign = Directories.Open(Directory.CreateDirectory(Path.Combine(Daemon, "foreign")).FullName))
        {
            ProjectQuota.Give(foreign, first);
            ProjectQuota.Limit(foreign, first, 3 * Mi);
            var next = await NextAsync("after");
            Assert.NotEqual(first, next);
            Assert.Equal(3 * Mi, ProjectQuota.Read(foreign, first).Limit);
            ProjectQuota.Limit(foreign, first, 0);
        }

        Directory.Delete(Path.Combine(Daemon, "foreign"));

        async Task<uint> NextAsync(string name)
        {
            await _insula.ApplyAsync(Pod(name, hostUsers: true, ":", new JsonObject { ["sizeLimit"] = "8Mi" }).ToJsonString());
            var uid = Pods.Uid(await _insula.WaitForReadyAsync(name));
            uint project;
            using (var volume = Directories.Open(Path.Combine(Daemon, "pods", uid, "volumes", "data")))
            {
                project = ProjectQuota.ProjectOf(volume);
                Assert.Equal((8 * Mi) + (64 << 10), ProjectQuota.Read(volume, project).Limit);
            }

            await _insula.DeletePodAsync(name);
            return project;
        }
    }

    // The daemon's root as the daemon sees it: the file system is in its mount namespace alone.
    private string Daemon => $"/proc/{_insula.DaemonPid}/root{_insula.Root}";

    private async Task<bool> LackAsync()
    {
        var check = (await _insula.CliAsync("system", "check")).Output;
        Assert.Contains("project quotas", check, StringComparison.Ordinal);
        using var root = Directories.Open(Daemon);
        var lack = ProjectQuota.Lack(root);
        Assert.Equal(fixture.HasQuotas, lack is null);
        if (lack is not null)
        {
            Assert.Contains(lack, check, StringComparison.Ordinal);
        }

        return lack is not null;
    }

    private static JsonNode Pod(string name, bool hostUsers, string script, JsonObject? emptyDir)
    {
        var pod = JsonNode.Parse(Manifests.Pod(name, $"{script}; {Manifests.Forever}", new { volumeMounts = new[] { new { name = "data", mountPath = "/data" } } }, new { hostUsers }))!;
        pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "data", ["emptyDir"] = emptyDir ?? [] });
        return pod;
    }

    private Task<JsonNode> EvictedAsync(string name, out Task<string> written)
    {
        written = Eventually.GetAsync(async () => (await _insula.CliAsync("logs", name)).Output, l => l.Contains("blocks ", StringComparison.Ordinal), $"{name} has written", TimeSpan.FromSeconds(60));
        return _insula.WaitForPodAsync(name, p => Pods.Phase(p) == "Failed" && (string?)p["status"]!["reason"] == "Evicted", "evicted", deadline: TimeSpan.FromSeconds(60));
    }

    // Not more than 64 KiB beyond what it may, where the kernel holds it.
    private async Task HeldAsync(string written, long limit)
    {
        if (await LackAsync())
        {
            Assert.Contains("1024+0 records out", written, StringComparison.Ordinal);
            return;
        }

        Assert.Contains("quota exceeded", written, StringComparison.OrdinalIgnoreCase);
        var blocks = long.Parse(written[(written.IndexOf("blocks ", StringComparison.Ordinal) + 7)..].Trim(), CultureInfo.InvariantCulture);
        Assert.InRange(blocks * 512, limit - (128 << 10), limit + (64 << 10));
    }

    private async Task GoneAsync(string name)
    {
        await _insula.DeletePodAsync(name);
        var projects = Path.Combine(Daemon, "projects");
        await Eventually.TrueAsync(() => !Directory.Exists(projects) || Directory.GetFiles(projects).Length == 0, "its projects are nobody's any more");
    }

    public sealed class Fixture : InstanceFixture
    {
        // The daemon's root is the word behind --root. Where the kernel does not mount it so, it stays as it is. A daemon that starts again has the same.
        private const string Ext4 =
            """
            root=; for word in "$@"; do if [ "$root" = here ]; then root=$word; break; fi; if [ "$word" = --root ]; then root=here; fi; done
            mkdir -p "$root"; [ -e "$root.img" ] || { truncate -s 256M "$root.img"; mkfs.ext4 -q -F -O quota,project "$root.img" >/dev/null 2>&1; } || true
            mount -o loop,prjquota "$root.img" "$root" 2>/dev/null && chmod 700 "$root" && rmdir "$root/lost+found" || true
            """;

        /// <summary>Whether this kernel has them: a module need not be loaded yet.</summary>
        public bool HasQuotas { get; } = Directory.Exists($"/lib/modules/{File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}")
            && File.ReadAllText($"/lib/modules/{File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}/modules.dep").Contains("quota_v2.ko", StringComparison.Ordinal);

        protected override InstanceSetup Setup => new() { Config = Config, Mounts = Ext4 };
    }
}

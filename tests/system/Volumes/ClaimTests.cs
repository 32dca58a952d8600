using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Volumes;

/// <summary>Volumes that last: how claims get them, what pods and the disk see of them, and when they go.</summary>
public sealed class ClaimTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    // The daemon's root is the word behind --root.
    private const string SmallDisk =
        """
        root=; for word in "$@"; do if [ "$root" = here ]; then root=$word; break; fi; if [ "$word" = --root ]; then root=here; fi; done
        mkdir -p "$root"; mount -t tmpfs -o size=64m,mode=0700 small "$root"
        """;

    private string Volumes => Path.Combine(_insula.Root, "volumes");

    [Fact]
    public async Task Data_outlive_pods_daemons_and_boots_and_go_with_their_claim()
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\nback-off-max: 4s\n");
        await insula.ApplyAsync(Claim("data"));
        await insula.ApplyAsync(User("first", "data", "echo first >> /data/runs; " + Manifests.Forever));
        await insula.WaitForReadyAsync("first");
        var directory = Path.Combine(insula.Root, "volumes", await VolumeOfAsync(insula, "data"));
        await insula.DeletePodAsync("first");
        Assert.Equal("first\n", await File.ReadAllTextAsync(Path.Combine(directory, "runs")));

        await insula.ApplyAsync(User("second", "data", "echo second >> /data/runs; " + Manifests.Forever));
        await insula.WaitForReadyAsync("second");
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.Equal("first\nsecond", await ShAsync(insula, "second", "cat /data/runs"));
        Assert.Equal(0, Pods.Restarts((await insula.Api.FindPodAsync("second"))!, "main"));

        // The new daemon knows who has it: the claim stays as long as the pod.
        (await insula.CliAsync("delete", "pvc", "data", "--wait=false")).Succeeded();
        await insula.RebootAsync();
        await EventAsync(insula, "pod", "second", "persistentvolumeclaim \"data\" is being deleted");
        Assert.Equal("first\nsecond\n", await File.ReadAllTextAsync(Path.Combine(directory, "runs")));
        await insula.DeletePodAsync("second");
        await GoneAsync(insula, "data", directory);
    }

    [Fact]
    public async Task After_a_reboot_pods_find_what_they_had_written()
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\nback-off-max: 4s\n");
        await insula.ApplyAsync(Claim("data"));
        await insula.ApplyAsync(User("writer", "data", "echo run >> /data/runs; " + Manifests.Forever));
        await insula.WaitForReadyAsync("writer");
        await insula.RebootAsync();
        await insula.WaitForPodAsync("writer", p => Pods.IsReady(p) && Pods.Restarts(p, "main") == 1, "started again");
        await Eventually.TrueAsync(async () => await ShAsync(insula, "writer", "cat /data/runs") == "run\nrun", "both runs have written");
    }

    [Fact]
    public async Task A_pod_waits_for_its_claim_says_so_and_starts_by_itself()
    {
        await _insula.ApplyAsync(User("early", "late", Manifests.Forever));
        await WaitsAsync("early", "persistentvolumeclaim \"late\" not found");
        await _insula.ApplyAsync(Claim("late", storage: "none-such"));
        await WaitsAsync("early", "persistentvolumeclaim \"late\" is not bound to a volume yet");
        await EventAsync("pvc", "late", "storageclass.storage.k8s.io \"none-such\" not found");
        var host = Host("by-hand");
        await _insula.ApplyAsync(Volume("by-hand", new { local = new { path = host } }, storage: "none-such"));
        var clock = Stopwatch.StartNew();
        await _insula.WaitForReadyAsync("early");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"it took {clock.Elapsed}");
        await ShAsync(_insula, "early", "echo here > /data/file");
        Assert.Equal("here\n", await File.ReadAllTextAsync(Path.Combine(host, "file")));
        await _insula.DeletePodAsync("early");
        (await _insula.CliAsync("delete", "pvc", "late")).Succeeded();

        // What was made by hand is retained, and its path never removed.
        Assert.Equal("Released", await PhaseAsync("pv", "by-hand"));
        (await _insula.CliAsync("delete", "pv", "by-hand")).Succeeded();
        Assert.Equal("here\n", await File.ReadAllTextAsync(Path.Combine(host, "file")));
    }

    [Fact]
    public async Task A_claim_in_use_stays_until_its_pod_is_gone()
    {
        await _insula.ApplyAsync(Claim("used"));
        await _insula.ApplyAsync(User("user", "used", Manifests.Forever));
        await _insula.WaitForReadyAsync("user");
        var volume = await VolumeOfAsync(_insula, "used");
        (await _insula.CliAsync("delete", "pvc", "used", "--wait=false")).Succeeded();
        (await _insula.CliAsync("delete", "pv", volume, "--wait=false")).Succeeded();
        Assert.Contains("Terminating", (await _insula.CliAsync("get", "pvc", "used")).Succeeded(), StringComparison.Ordinal);
        await ShAsync(_insula, "user", "echo still > /data/file; cat /data/file");

        // Somebody has torn the claim away: what the pod has stays all the same.
        (await _insula.CliAsync("patch", "pvc", "used", "--type", "merge", "-p", """{"metadata":{"finalizers":null}}""")).Succeeded();
        await Eventually.TrueAsync(async () => await FindAsync("persistentvolumeclaims/used") is null, "the claim is gone");
        await Eventually.TrueAsync(async () => await PhaseAsync("pv", volume) == "Released", "the volume is released");
        Assert.Equal("still", await ShAsync(_insula, "user", "cat /data/file"));
        await _insula.DeletePodAsync("user");
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(Volumes, volume)), "the directory is gone");
        await Eventually.TrueAsync(async () => (await _insula.Api.SendAsync(HttpMethod.Get, $"/api/v1/persistentvolumes/{volume}")).Code == HttpStatusCode.NotFound, "the volume is gone");
    }

    [Fact]
    public async Task What_a_volume_holds_never_leads_its_removal_astray()
    {
        var outside = Host("outside");
        await File.WriteAllTextAsync(Path.Combine(outside, "precious"), "precious");
        await _insula.ApplyAsync(Claim("hostile"));
        const string Fill =
            """
            cd /data; ln -s $OUTSIDE out; ln -s $OUTSIDE/precious precious; ln -s ../../../../../../../../etc up; ln -s . loop; ln -s /proc/self/root root
            mkfifo pipe; mknod null c 1 3; mkdir closed; echo x > closed/file; chmod 000 closed; touch "$(printf 'a\nb\033[2J')"
            i=0; while [ $i -lt 300 ]; do mkdir d; cd d; ln -s $OUTSIDE out; i=$((i+1)); done
            cd /data; mv closed .closed; touch ready
            """;
        await _insula.ApplyAsync(Manifests.Pod("intruder", $"{Fill}; {Manifests.Forever}",
            container: new
            {
                volumeMounts = new object[] { new { name = "data", mountPath = "/data" } },
                env = new[] { new { name = "OUTSIDE", value = outside } },
                securityContext = new { capabilities = new { add = new[] { "MKNOD" } } },
            },
            spec: new { volumes = new object[] { new { name = "data", persistentVolumeClaim = new { claimName = "hostile" } } } }));
        await _insula.WaitForReadyAsync("intruder");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "intruder", "--", "test", "-e", "/data/ready")).ExitCode == 0, "the volume is filled");
        var directory = Path.Combine(Volumes, await VolumeOfAsync(_insula, "hostile"));
        await _insula.DeletePodAsync("intruder");
        (await _insula.CliAsync("delete", "pvc", "hostile")).Succeeded();
        await GoneAsync(_insula, "hostile", directory);
        Assert.Equal("precious", await File.ReadAllTextAsync(Path.Combine(outside, "precious")));
        Assert.True(Directory.Exists("/etc"));
    }

    [Fact]
    public async Task A_large_volume_that_is_removed_holds_up_nobody()
    {
        await _insula.ApplyAsync(Class("now"));
        await _insula.ApplyAsync(Claim("large", "now"));
        var directory = Path.Combine(Volumes, await VolumeOfAsync(_insula, "large"));
        for (var i = 0; i < 200; i++)
        {
            var below = Directory.CreateDirectory(Path.Combine(directory, $"d{i}")).FullName;
            for (var j = 0; j < 200; j++)
            {
                File.Create(Path.Combine(below, $"f{j}")).Dispose();
            }
        }

        (await _insula.CliAsync("delete", "pvc", "large")).Succeeded();
        var clock = Stopwatch.StartNew();
        await Eventually.TrueAsync(() => !Directory.Exists(directory), "it is no volume any more");
        for (var i = 0; i < 3; i++)
        {
            await _insula.ApplyAsync(Claim($"small{i}", "now"));
            await VolumeOfAsync(_insula, $"small{i}");
        }

        var bound = clock.Elapsed;
        await Eventually.TrueAsync(() => !Directory.EnumerateFileSystemEntries(Volumes, ".*.gone").Any(), "all of it is gone");
        Assert.True(bound < TimeSpan.FromSeconds(5), $"three claims took {bound}, the removal {clock.Elapsed}");
        (await _insula.CliAsync("delete", "pvc", "small0", "small1", "small2")).Succeeded();
    }

    [Fact]
    public async Task One_pod_alone_has_a_volume_that_is_for_one()
    {
        await _insula.ApplyAsync(Claim("alone", modes: "ReadWriteOncePod"));
        await _insula.ApplyAsync(User("one", "alone", Manifests.Forever));
        await _insula.WaitForReadyAsync("one");
        await _insula.ApplyAsync(User("two", "alone", Manifests.Forever));
        await WaitsAsync("two", "another pod (one) uses the ReadWriteOncePod persistentvolumeclaim \"alone\"");

        // A new daemon knows who has it.
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        await WaitsAsync("two", "another pod (one) uses");
        Assert.True(Pods.IsReady((await _insula.Api.FindPodAsync("one"))!));
        await _insula.DeletePodAsync("one");
        await _insula.WaitForReadyAsync("two");
        await _insula.DeletePodAsync("two");
        (await _insula.CliAsync("delete", "pvc", "alone")).Succeeded();
    }

    [Fact]
    public async Task Groups_read_only_mounts_and_sub_paths_are_as_with_other_volumes()
    {
        await _insula.ApplyAsync(Claim("shared"));
        object[] volumes = [new { name = "rw", persistentVolumeClaim = new { claimName = "shared" } }, new { name = "ro", persistentVolumeClaim = new { claimName = "shared", readOnly = true } }];
        await _insula.ApplyAsync(Manifests.Pod("group", Manifests.Forever,
            container: new
            {
                volumeMounts = new object[] { new { name = "rw", mountPath = "/rw" }, new { name = "rw", mountPath = "/part", subPath = "inner/part" }, new { name = "ro", mountPath = "/ro" } },
                securityContext = new { runAsUser = 1000, runAsGroup = 1000, capabilities = new { drop = new[] { "ALL" } } },
            },
            spec: new { securityContext = new { fsGroup = 2345 }, volumes }));
        await _insula.WaitForReadyAsync("group");
        Assert.Equal("0 2345 2777", await ShAsync(_insula, "group", "stat -c '%u %g %a' /rw"));
        Assert.Equal("1000 2345", await ShAsync(_insula, "group", "echo x > /part/file; stat -c '%u %g' /rw/inner/part/file"));
        Assert.Equal("x", await ShAsync(_insula, "group", "cat /ro/inner/part/file"));
        Assert.Contains("Read-only file system", (await _insula.CliAsync("exec", "group", "--", "sh", "-c", "echo y > /ro/inner/part/file")).Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("group");
        (await _insula.CliAsync("delete", "pvc", "shared")).Succeeded();
    }

    [Fact]
    public async Task A_pod_with_ids_of_its_own_writes_as_itself()
    {
        await _insula.ApplyAsync(Claim("mapped"));
        await _insula.ApplyAsync(Manifests.Pod("mapped", Manifests.Forever,
            container: new { volumeMounts = new object[] { new { name = "data", mountPath = "/data" } } },
            spec: new { hostUsers = false, volumes = new object[] { new { name = "data", persistentVolumeClaim = new { claimName = "mapped" } } } }));
        await _insula.WaitForReadyAsync("mapped");
        Assert.Equal("0 0", await ShAsync(_insula, "mapped", "touch /data/file; stat -c '%u %g' /data/file"));
        var file = Path.Combine(Volumes, await VolumeOfAsync(_insula, "mapped"), "file");
        Assert.Equal("0 0\n", (await Commands.RunAsync("stat", ["-c", "%u %g", file])).Succeeded());
        await _insula.DeletePodAsync("mapped");
        (await _insula.CliAsync("delete", "pvc", "mapped")).Succeeded();
    }

    [Fact]
    public async Task What_is_retained_can_be_had_again()
    {
        await _insula.ApplyAsync(Class("kept", reclaim: "Retain"));
        await _insula.ApplyAsync(Claim("first-life", "kept"));
        var volume = await VolumeOfAsync(_insula, "first-life");
        await File.WriteAllTextAsync(Path.Combine(Volumes, volume, "file"), "kept");
        (await _insula.CliAsync("delete", "pvc", "first-life")).Succeeded();
        await Eventually.TrueAsync(async () => await PhaseAsync("pv", volume) == "Released", "the volume is released");
        (await _insula.CliAsync("delete", "pv", volume)).Succeeded();
        Assert.True(File.Exists(Path.Combine(Volumes, volume, "file")));

        await _insula.ApplyAsync(Volume("again", new { csi = new { driver = "insula.dev/local", volumeHandle = volume } }, storage: "", reclaim: "Delete"));
        await _insula.ApplyAsync(Claim("second-life", "", volume: "again"));
        await _insula.ApplyAsync(User("reader", "second-life", Manifests.Forever));
        await _insula.WaitForReadyAsync("reader");
        Assert.Equal("kept", await ShAsync(_insula, "reader", "cat /data/file"));
        await _insula.DeletePodAsync("reader");
        (await _insula.CliAsync("delete", "pvc", "second-life")).Succeeded();
        await GoneAsync(_insula, "second-life", Path.Combine(Volumes, volume));
    }

    [Fact]
    public async Task A_volume_may_be_made_for_a_pod_and_goes_with_it()
    {
        var template = new { metadata = new { labels = new { of = "scratch" } }, spec = new { accessModes = new[] { "ReadWriteOnce" }, resources = new { requests = new { storage = "1Mi" } } } };
        var manifest = Manifests.Pod("brief", Manifests.Forever,
            container: new { volumeMounts = new object[] { new { name = "scratch", mountPath = "/data" } } },
            spec: new { volumes = new object[] { new { name = "scratch", ephemeral = new { volumeClaimTemplate = template } } } });

        // Somebody else's claim of that name is not the pod's to have.
        await _insula.ApplyAsync(Claim("brief-scratch"));
        await _insula.ApplyAsync(manifest);
        await WaitsAsync("brief", "PVC \"brief-scratch\" was not created for pod \"brief\" (pod is not the owner)");
        await _insula.DeletePodAsync("brief");
        (await _insula.CliAsync("delete", "pvc", "brief-scratch")).Succeeded();
        await _insula.ApplyAsync(manifest);
        await _insula.WaitForReadyAsync("brief");
        await ShAsync(_insula, "brief", "echo x > /data/file");
        var directory = Path.Combine(Volumes, await VolumeOfAsync(_insula, "brief-scratch"));
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(directory, "file")));
        Assert.Contains("of=scratch", (await _insula.CliAsync("describe", "pvc", "brief-scratch")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("brief");
        await GoneAsync(_insula, "brief-scratch", directory);
    }

    [Fact]
    public async Task A_volume_that_has_filled_the_disk_can_be_removed()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup { Mounts = SmallDisk });
        await insula.ApplyAsync(Claim("greedy"));
        await insula.ApplyAsync(User("greedy", "greedy", "trap 'exit 0' TERM; i=0; while true; do dd if=/dev/zero of=/data/$i bs=64k; i=$((i + 1)); sleep 0.2; done"));
        await insula.WaitForReadyAsync("greedy");

        // Not by writing something more: what was begun before the disk was full has room for its few bytes ever after.
        await Eventually.GetAsync(async () => (await insula.CliAsync("exec", "greedy", "--", "df", "/data")).Output, text => text.Contains(" 100% ", StringComparison.Ordinal), "the disk is full");
        await insula.DeletePodAsync("greedy");
        (await insula.CliAsync("delete", "pvc", "greedy", "--wait=false")).Succeeded();
        await Eventually.TrueAsync(async () => (await insula.Api.GetAsync("/api/v1/persistentvolumes"))["items"]!.AsArray().Count == 0, "the volume is gone, and with it what filled the disk");
    }

    [Fact]
    public async Task The_default_class_is_the_user_s_to_delete_and_to_replace()
    {
        await using var insula = await Instance.StartAsync();
        Assert.Contains("local (default)", (await insula.CliAsync("get", "sc")).Succeeded(), StringComparison.Ordinal);
        (await insula.CliAsync("delete", "sc", "local")).Succeeded();
        await insula.ApplyAsync(Claim("waits"));
        await insula.StopDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.DoesNotContain("local", (await insula.CliAsync("get", "sc")).Succeeded(), StringComparison.Ordinal);
        await EventAsync(insula, "pvc", "waits", "no persistent volumes available for this claim and no storage class is set");
        await insula.ApplyAsync("""{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"own","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"insula.dev/local"}""");
        await VolumeOfAsync(insula, "waits");
        (await insula.CliAsync("delete", "pvc", "waits")).Succeeded();
    }

    [Fact]
    public async Task A_namespace_takes_its_claims_with_it_and_a_claim_may_grow()
    {
        await _insula.ApplyAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"short"}}""");
        await _insula.ApplyAsync(Class("now"));
        (await _insula.CliWithInputAsync(Claim("grows", "now"), "apply", "-n", "short", "-f", "-")).Succeeded();
        var volume = await VolumeOfAsync(_insula, "grows", "short");
        (await _insula.CliAsync("patch", "pvc", "grows", "-n", "short", "--type", "merge", "-p", """{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}""")).Failed();
        (await _insula.CliAsync("patch", "sc", "now", "--type", "merge", "-p", """{"allowVolumeExpansion":true}""")).Succeeded();
        (await _insula.CliAsync("patch", "pvc", "grows", "-n", "short", "--type", "merge", "-p", """{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}""")).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("get", "pvc", "grows", "-n", "short")).Succeeded().Contains("2Gi", StringComparison.Ordinal), "it has grown");
        (await _insula.CliAsync("delete", "namespace", "short")).Succeeded();
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(Volumes, volume)), "the directory is gone");
    }

    [Fact]
    public async Task The_example_counts_starts_over_pods()
    {
        var file = Path.Combine(Repository.Root, "examples", "claim.yaml");
        for (var start = 1; start <= 2; start++)
        {
            (await _insula.CliAsync("apply", "-f", file)).Succeeded();
            await _insula.WaitForReadyAsync("counter");
            await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "counter")).Output == $"this is start {start}\n", "the start is counted");
            (await _insula.CliAsync("delete", "pod", "counter")).Succeeded();
        }

        (await _insula.CliAsync("delete", "-f", file, "--ignore-not-found")).Succeeded();
    }

    internal static string Claim(string name, string? storage = null, string modes = "ReadWriteOnce", string? volume = null) => new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["accessModes"] = new JsonArray(modes),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } },
            ["storageClassName"] = storage,
            ["volumeName"] = volume,
        },
    }.ToJsonString();

    private static string Class(string name, string reclaim = "Delete") => new JsonObject
    {
        ["apiVersion"] = "storage.k8s.io/v1",
        ["kind"] = "StorageClass",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["provisioner"] = "insula.dev/local",
        ["reclaimPolicy"] = reclaim,
    }.ToJsonString();

    private static string Volume(string name, object source, string storage, string reclaim = "Retain")
    {
        var spec = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(source))!.AsObject();
        spec["capacity"] = new JsonObject { ["storage"] = "1Gi" };
        spec["accessModes"] = new JsonArray("ReadWriteOnce");
        spec["storageClassName"] = storage;
        spec["persistentVolumeReclaimPolicy"] = reclaim;
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "PersistentVolume", ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = spec }.ToJsonString();
    }

    private static string User(string name, string claim, string script) => Manifests.Pod(name, script,
        container: new { volumeMounts = new object[] { new { name = "data", mountPath = "/data" } } },
        spec: new { volumes = new object[] { new { name = "data", persistentVolumeClaim = new { claimName = claim } } } });

    /// <summary>The volume of a claim, once that is bound.</summary>
    private static async Task<string> VolumeOfAsync(Instance insula, string claim, string ns = "default")
    {
        var bound = await Eventually.GetAsync(
            async () => (await insula.Api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/persistentvolumeclaims/{claim}")).Body,
            body => (string?)body?["status"]?["phase"] == "Bound", $"the claim {claim} is bound");
        return (string)bound!["spec"]!["volumeName"]!;
    }

    private static async Task GoneAsync(Instance insula, string claim, string directory)
    {
        await Eventually.TrueAsync(
            async () => (await insula.Api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/persistentvolumeclaims/{claim}")).Code == HttpStatusCode.NotFound, "the claim is gone");
        await Eventually.TrueAsync(() => !Directory.Exists(directory), "its directory is gone");
        await Eventually.TrueAsync(
            () => !Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(directory)!).Any(e => e.Contains(Path.GetFileName(directory), StringComparison.Ordinal)), "nothing is left of it");
    }

    private static async Task<string> ShAsync(Instance insula, string pod, string command) =>
        (await insula.CliAsync("exec", pod, "--", "sh", "-c", command)).Succeeded().Trim();

    private static Task EventAsync(Instance insula, string kind, string name, string message) => Eventually.TrueAsync(
        async () => (await insula.CliAsync("describe", kind, name)).Succeeded().Contains(message, StringComparison.Ordinal), $"an event of {name} says \"{message}\"");

    private Task EventAsync(string kind, string name, string message) => EventAsync(_insula, kind, name, message);

    private Task<JsonNode> WaitsAsync(string pod, string message) => _insula.WaitForPodAsync(
        pod, p => Pods.Phase(p) == "Pending" && (Pods.Container(p, "main")?["state"]?["waiting"]?["message"]?.ToString() ?? "").Contains(message, StringComparison.Ordinal), $"waits since {message}");

    private async Task<JsonNode?> FindAsync(string path) =>
        (await _insula.Api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/{path}")) is { Code: HttpStatusCode.OK } found ? found.Body : null;

    private async Task<string?> PhaseAsync(string kind, string name) => (await _insula.CliAsync("get", kind, name, "-o", "jsonpath={.status.phase}")).Succeeded().Trim();

    private string Host(string name) => Directory.CreateDirectory(Path.Combine(_insula.Base, "host", name)).FullName;
}

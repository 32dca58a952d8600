using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Eviction;

/// <summary>
/// What becomes of pods when something is short. The machine is not: pods are in a group with a limit, or the daemon's disk is a small one, and that counts as one
/// that has no more.
/// </summary>
public sealed class EvictionTests
{
    // Pressures are told as long as a test may take: nothing that has to wait for them gets a place in between.
    private const string Lasting = "cluster-dns: none\neviction-pressure-transition-period: 24h\n";

    private const string Passing = "cluster-dns: none\neviction-pressure-transition-period: 1s\n";

    // The daemon's root is the word behind --root.
    private const string SmallDisk =
        """
        root=; for word in "$@"; do if [ "$root" = here ]; then root=$word; break; fi; if [ "$word" = --root ]; then root=here; fi; done
        mkdir -p "$root"; mount -t tmpfs -o size=64m,nr_inodes=8000,mode=0700 small "$root"
        """;

    [Fact]
    public async Task Short_of_memory_who_has_most_beyond_its_request_goes_and_what_asks_for_none_waits_also_over_daemons()
    {
        using var bound = BoundGroup.Create(memory: 256 << 20);
        var thresholds = $"cgroup-parent: {bound.Path}\neviction-hard: memory.available<100Mi\n";
        await using var insula = await Instance.StartAsync(thresholds + Lasting);
        await insula.ApplyAsync(Holder("critical", 20, spec: new { priorityClassName = "system-node-critical" }));
        await insula.ApplyAsync(Holder("modest", 30, new { resources = new { requests = new { memory = "64Mi" } } }));
        await insula.WaitForReadyAsync("critical");
        await insula.WaitForReadyAsync("modest");
        await insula.ApplyAsync(Holder("greedy", 130));
        var evicted = await EvictedAsync(insula, "greedy");
        Assert.Matches(
            @"^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \d+[KM]i\. Container main was using \d+[KM]i, request is 0, has larger consumption of memory\. $",
            (string?)evicted["status"]!["message"]);
        Assert.Equal("True", Pods.Condition(evicted, "DisruptionTarget"));
        await IsUnderAsync(insula, "MemoryPressure", "memory-pressure");
        await Eventually.TrueAsync(
            async () => (await insula.CliAsync("events")).Succeeded().Contains("The node was low on resource: memory", StringComparison.Ordinal), "an event tells it");
        Assert.Contains("kubelet_evictions{eviction_signal=\"memory.available\"} 1\n", await insula.Api.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);

        await insula.ApplyAsync(Manifests.Pod("late", Manifests.Forever));
        await insula.ApplyAsync(Manifests.Pod("asks", Manifests.Forever, new { resources = new { requests = new { memory = "16Mi" } } }));
        await insula.WaitForReadyAsync("asks");
        await WaitsAsync(insula, "late", "node.kubernetes.io/memory-pressure");

        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        await insula.ApplyAsync(Manifests.Pod("later", Manifests.Forever));
        await WaitsAsync(insula, "later", "node.kubernetes.io/memory-pressure");
        await WaitsAsync(insula, "late", "node.kubernetes.io/memory-pressure");

        insula.Config = thresholds + Passing;
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        await insula.WaitForReadyAsync("late");
        await insula.WaitForReadyAsync("later");
        await EvictedAsync(insula, "greedy");
        foreach (var name in (string[])["critical", "modest"])
        {
            Assert.Equal((true, 0), (Pods.IsReady(await PodAsync(insula, name)), Pods.Restarts(await PodAsync(insula, name), "main")));
        }
    }

    [Fact]
    public async Task Under_a_soft_threshold_a_pod_has_its_grace_over_daemons_and_it_goes_on_until_there_is_enough_beside_it()
    {
        using var bound = BoundGroup.Create(memory: 256 << 20);
        await using var insula = await Instance.StartAsync(
            $"cgroup-parent: {bound.Path}\neviction-hard: memory.available<5Mi\neviction-soft: memory.available<100Mi\neviction-soft-grace-period: memory.available=2s\n"
            + "eviction-max-pod-grace-period: 10m\neviction-minimum-reclaim: memory.available=60Mi\n" + Lasting);
        await insula.ApplyAsync(Holder("modest", 10, new { resources = new { requests = new { memory = "64Mi" } } }));
        await insula.WaitForReadyAsync("modest");

        // Without the last of them there are 100 MiB, and with neither the 60 that there are to be beside them.
        await insula.ApplyAsync(Holder("second", 60));
        await insula.OutputIsAsync("62914560\n", "exec", "second", "--", "stat", "-c", "%s", "/held/f");
        await insula.ApplyAsync(Holder("first", 90, end: "while [ ! -e /held/go ]; do sleep 0.2; done; echo orderly > /dev/termination-log; exit 0", spec: new { terminationGracePeriodSeconds = 300 }));
        var going = await insula.WaitForPodAsync("first", p => Pods.Condition(p, "DisruptionTarget") == "True", "it is to go", deadline: TimeSpan.FromSeconds(60));
        var mark = going["status"]!["conditions"]!.AsArray().First(c => (string?)c!["type"] == "DisruptionTarget")!;
        Assert.Equal(("TerminationByKubelet", 300), ((string?)mark["reason"], (int)mark["gracePeriodSeconds"]!));
        Assert.StartsWith("The node was low on resource: memory. Threshold quantity: 100Mi, available: ", (string?)mark["message"], StringComparison.Ordinal);
        await IsUnderAsync(insula, "MemoryPressure", "memory-pressure");
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.Equal("Running", Pods.Phase(await PodAsync(insula, "first")));
        (await insula.CliAsync("exec", "first", "--", "touch", "/held/go")).Succeeded();
        var evicted = await EvictedAsync(insula, "first");
        var end = evicted["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!;
        Assert.Equal((0, "orderly\n"), ((int)end["exitCode"]!, (string?)end["message"]));
        Assert.True(Pods.IsReady(await PodAsync(insula, "modest")));
    }

    [Fact]
    public async Task Once_room_had_to_be_made_it_goes_on_until_there_is_more_than_the_threshold()
    {
        using var bound = BoundGroup.Create(memory: 256 << 20);
        await using var insula = await Instance.StartAsync(
            $"cgroup-parent: {bound.Path}\neviction-hard: memory.available<60Mi\neviction-minimum-reclaim: memory.available=100Mi\n" + Lasting);
        await insula.ApplyAsync(Holder("modest", 10, new { resources = new { requests = new { memory = "64Mi" } } }));
        await insula.WaitForReadyAsync("modest");
        await insula.ApplyAsync(Holder("second", 90));
        await insula.OutputIsAsync("94371840\n", "exec", "second", "--", "stat", "-c", "%s", "/held/f");
        Assert.True(Pods.IsReady(await PodAsync(insula, "second")));
        await insula.ApplyAsync(Holder("first", 110));
        await EvictedAsync(insula, "first");

        // 150 MiB and more are left, but not 160.
        var evicted = await EvictedAsync(insula, "second");
        Assert.StartsWith("The node was low on resource: memory. Threshold quantity: 60Mi, available: 1", (string?)evicted["status"]!["message"], StringComparison.Ordinal);
        Assert.True(Pods.IsReady(await PodAsync(insula, "modest")));
    }

    [Fact]
    public async Task A_hard_threshold_does_not_wait_for_the_grace_of_a_soft_one()
    {
        using var bound = BoundGroup.Create(memory: 256 << 20);
        await using var insula = await Instance.StartAsync(
            $"cgroup-parent: {bound.Path}\neviction-hard: memory.available<60Mi\neviction-soft: memory.available<120Mi\neviction-soft-grace-period: memory.available=1s\n"
            + "eviction-max-pod-grace-period: none\n" + Lasting);
        await insula.ApplyAsync(Holder("late", 10, new { resources = new { requests = new { memory = "1Mi" } } }, script: "while [ ! -e /held/more ]; do sleep 0.2; done; dd if=/dev/zero of=/held/g bs=1M count=70"));
        await insula.WaitForReadyAsync("late");
        await insula.ApplyAsync(Holder("slow", 135, end: ":", spec: new { terminationGracePeriodSeconds = 3600 }));
        await insula.WaitForPodAsync("slow", p => Pods.Condition(p, "DisruptionTarget") == "True", "it is to go", deadline: TimeSpan.FromSeconds(60));
        Assert.Equal("Running", Pods.Phase(await PodAsync(insula, "slow")));
        (await insula.CliAsync("exec", "late", "--", "touch", "/held/more")).Succeeded();
        var evicted = await EvictedAsync(insula, "slow");
        Assert.Equal(137, (int)evicted["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["exitCode"]!);
    }

    [Fact]
    public async Task Tasks_that_wait_for_memory_have_the_machine_be_looked_at()
    {
        await using var insula = await Instance.StartAsync("cluster-dns: none\nlog-level: debug\n");
        if (!File.Exists("/proc/pressure/memory"))
        {
            Assert.Contains("the kernel does not tell when memory is short", insula.DaemonLog, StringComparison.Ordinal);
            return;
        }

        // More of a file than it may keep: what it reads next has just been taken back, for which it waits.
        await insula.ApplyAsync(Writer(
            "thrashes", "dd if=/dev/zero of=/data/f bs=1M count=64; sync; while true; do for i in 1 2 3 4; do cat /data/f > /dev/null & done; wait; done", new { }, new { resources = new { limits = new { memory = "16Mi" } } }));
        await Eventually.TrueAsync(
            () => insula.DaemonLog.Contains("tasks wait for memory: it is looked at what is left", StringComparison.Ordinal), "the kernel has told", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task On_a_full_disk_who_has_filled_it_goes_and_what_it_had_written()
    {
        await using var insula = await Instance.StartAsync(
            new InstanceSetup { Config = "eviction-hard: nodefs.available<16Mi\n" + Lasting, Mounts = SmallDisk });
        await insula.ApplyAsync(Manifests.Pod("modest", Manifests.Forever));
        await insula.WaitForReadyAsync("modest");
        await insula.ApplyAsync(Writer("writes", "dd if=/dev/zero of=/data/f bs=1M", new { }));
        var evicted = await EvictedAsync(insula, "writes");
        Assert.Matches(@"^The node was low on resource: ephemeral-storage\. Threshold quantity: 16Mi, available: ", (string?)evicted["status"]!["message"]);
        await IsUnderAsync(insula, "DiskPressure", "disk-pressure");

        // What it had written is gone though its object is not: others can be made again, and wait.
        await Eventually.TrueAsync(async () => (await insula.CliWithInputAsync(Manifests.Pod("late", Manifests.Forever, new { resources = new { requests = new { memory = "16Mi" } } }), "apply", "-f", "-")).ExitCode == 0, "there is room");
        await WaitsAsync(insula, "late", "node.kubernetes.io/disk-pressure");
        Assert.True(Pods.IsReady(await PodAsync(insula, "modest")));
        await EvictedAsync(insula, "writes");
    }

    [Fact]
    public async Task Short_of_inodes_who_has_most_files_goes_and_they_with_it()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup { Config = "eviction-hard: nodefs.inodesFree<4000\n" + Lasting, Mounts = SmallDisk });
        await insula.ApplyAsync(Writer("tidy", Touch(100), new { }));
        await insula.WaitForReadyAsync("tidy");
        await insula.ApplyAsync(Writer("litters", Touch(5000), new { }));
        var evicted = await EvictedAsync(insula, "litters");
        Assert.Matches(@"^The node was low on resource: inodes\. Threshold quantity: 4k, available: \d+k?\. The pod was using 5\d\d\d inodes\. $", (string?)evicted["status"]!["message"]);
        await IsUnderAsync(insula, "DiskPressure", "disk-pressure");
        await Eventually.TrueAsync(
            async () => (await insula.CliAsync("describe", "node")).Succeeded().Contains("Attempting to reclaim inodes", StringComparison.Ordinal), "the machine's events tell it");
        Assert.True(Pods.IsReady(await PodAsync(insula, "tidy")));

        static string Touch(int files) => $"i=0; while [ $i -lt {files} ]; do : > /data/$i; i=$((i+1)); done";
    }

    [Fact]
    public async Task Images_that_nobody_uses_go_and_what_the_machine_cannot_do_without_stays()
    {
        await using var insula = await Instance.StartAsync(
            new InstanceSetup { Config = "eviction-hard: nodefs.available<24Mi\nimage-gc-age: 1ms\n" + Lasting, Mounts = SmallDisk }, "busybox", "whiteouts");
        await insula.ApplyAsync(Writer("critical", "dd if=/dev/zero of=/data/f bs=1M count=40", new { priorityClassName = "system-cluster-critical" }));
        await Eventually.TrueAsync(
            async () => !(await insula.CliAsync("images")).Succeeded().Contains("whiteouts", StringComparison.Ordinal), "the unused image is gone", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(() => insula.DaemonLog.Contains("there is nobody to evict, while nodefs.available is ", StringComparison.Ordinal), "the log tells it");
        await IsUnderAsync(insula, "DiskPressure", "disk-pressure");
        Assert.Contains("busybox", (await insula.CliAsync("images")).Succeeded(), StringComparison.Ordinal);
        Assert.True(Pods.IsReady(await PodAsync(insula, "critical")));

        // Another of its kind gets a place all the same.
        await insula.ApplyAsync(Manifests.Pod("critical-too", Manifests.Forever, spec: new { priorityClassName = "system-cluster-critical" }));
        await insula.WaitForReadyAsync("critical-too");
    }

    [Fact]
    public async Task Short_of_process_ids_the_less_important_go_first_and_nobody_comes()
    {
        using var bound = BoundGroup.Create(pids: 200);
        await using var insula = await Instance.StartAsync($"cgroup-parent: {bound.Path}\neviction-hard: pid.available<100\n" + Lasting);
        await insula.ApplyAsync("""{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"high"},"value":100}""");
        await insula.ApplyAsync(Manifests.Pod("important", Many(50), spec: new { priorityClassName = "high" }));
        await insula.WaitForReadyAsync("important");
        await insula.ApplyAsync(Manifests.Pod("swarm", Many(75)));
        var evicted = await EvictedAsync(insula, "swarm");
        Assert.Matches(@"^The node was low on resource: pids\. Threshold quantity: 100, available: \d+\. $", (string?)evicted["status"]!["message"]);
        await IsUnderAsync(insula, "PIDPressure", "pid-pressure");
        await insula.ApplyAsync(Manifests.Pod("late", Manifests.Forever, new { resources = new { requests = new { memory = "16Mi" } } }));
        await WaitsAsync(insula, "late", "node.kubernetes.io/pid-pressure");
        Assert.True(Pods.IsReady(await PodAsync(insula, "important")));
    }

    private static string Many(int processes) => $"i=0; while [ $i -lt {processes} ]; do sleep 3600 & i=$((i+1)); done; {Manifests.Forever}";

    private static string Writer(string name, string command, object spec, object? container = null)
    {
        var pod = JsonNode.Parse(Manifests.Pod(name, $"{command}; {Manifests.Forever}", container, spec))!;
        pod["spec"]!["containers"]![0]!["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "data", ["mountPath"] = "/data" });
        pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "data", ["emptyDir"] = new JsonObject() });
        return pod.ToJsonString();
    }

    // In a volume of memory, which counts as the pod's.
    private static string Holder(string name, int megabytes, object? container = null, object? spec = null, string end = "exit 0", string script = ":")
    {
        var pod = JsonNode.Parse(Manifests.Pod(
            name, $"trap '{end}' TERM; dd if=/dev/zero of=/held/f bs=1M count={megabytes}; {script}; while true; do sleep 3600 & wait $!; done", container, spec))!;
        pod["spec"]!["containers"]![0]!["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "held", ["mountPath"] = "/held" });
        pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "held", ["emptyDir"] = new JsonObject { ["medium"] = "Memory" } });
        return pod.ToJsonString();
    }

    private static Task<JsonNode> EvictedAsync(Instance insula, string name) => insula.WaitForPodAsync(
        name, p => Pods.Phase(p) == "Failed" && (string?)p["status"]!["reason"] == "Evicted", "evicted", deadline: TimeSpan.FromSeconds(60));

    private static async Task WaitsAsync(Instance insula, string name, string taint)
    {
        var pod = await insula.WaitForPodAsync(name, p => Pods.Condition(p, "PodScheduled") == "False", "it waits");
        Assert.Contains($"untolerated taint {{{taint}: }}", (string?)pod["status"]!["conditions"]!.AsArray().First(c => (string?)c!["type"] == "PodScheduled")!["message"], StringComparison.Ordinal);
        Assert.Equal("Pending", Pods.Phase(pod));
    }

    private static async Task IsUnderAsync(Instance insula, string condition, string taint)
    {
        var node = (await insula.Api.GetAsync("/api/v1/nodes"))["items"]![0]!;
        Assert.Equal("True", Pods.Condition(node, condition));
        Assert.Equal([$"node.kubernetes.io/{taint}"], node["spec"]!["taints"]!.AsArray().Select(t => (string?)t!["key"]));
    }

    private static async Task<JsonNode> PodAsync(Instance insula, string name) => (await insula.Api.FindPodAsync(name))!;
}

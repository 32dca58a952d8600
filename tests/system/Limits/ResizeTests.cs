using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Limits;

/// <summary>Pods whose cpu and memory change while they run. All but one of the processors are kept for the system, so that one can be requested.</summary>
public sealed class ResizeTests(ResizeTests.Fixture fixture) : IClassFixture<ResizeTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_running_pod_grows_and_shrinks_and_its_process_stays()
    {
        await _insula.ApplyAsync(Pod("grows", "100m", "64Mi", "200m", "64Mi"));
        var pod = await _insula.WaitForReadyAsync("grows");
        var process = Processes.MainOf(_insula, pod, "main");
        AssertGroups(pod, 102, 20_000, 64);
        Assert.Equal("""{"cpu":"100m","memory":"64Mi"}""", Allocated(pod));

        (await _insula.CliAsync("set", "resources", "pod/grows", "--requests", "cpu=200m,memory=96Mi", "--limits", "cpu=500m,memory=128Mi")).Succeeded();
        pod = await ResizedAsync("grows");
        AssertGroups(pod, 204, 50_000, 128);
        Assert.Equal("""{"cpu":"200m","memory":"96Mi"}""", Allocated(pod));
        Assert.Equal("""{"cpu":"500m","memory":"128Mi"}""", Actual(pod, "limits"));

        (await _insula.CliAsync("set", "resources", "pod/grows", "-c", "main", "--requests", "cpu=50m,memory=32Mi", "--limits", "cpu=100m,memory=32Mi")).Succeeded();
        pod = await ResizedAsync("grows");
        AssertGroups(pod, 51, 10_000, 32);
        Assert.Equal(process, Processes.MainOf(_insula, pod, "main"));
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        Assert.Equal(3, (long)pod["metadata"]!["generation"]!);
        Assert.Equal(3, (long)pod["status"]!["observedGeneration"]!);
        await AssertToldAsync(_insula, "grows", "ResizeStarted");
        await AssertToldAsync(_insula, "grows", "ResizeCompleted");

        // A further start has what was set aside, not what the pod began with.
        await Processes.KillAsync(_insula, pod, "main");
        pod = await _insula.WaitForPodAsync("grows", p => Pods.IsReady(p) && Pods.Restarts(p, "main") == 1, "it was started again");
        AssertGroups(pod, 51, 10_000, 32);
        await _insula.DeletePodAsync("grows");
    }

    [Fact]
    public async Task A_change_for_which_the_container_restarts_restarts_it_alone()
    {
        var pod = JsonNode.Parse(Pod("anew", "50m", "32Mi", "100m", "32Mi"))!;
        var main = pod["spec"]!["containers"]![0]!;
        main["resizePolicy"] = JsonNode.Parse("""[{"resourceName":"memory","restartPolicy":"RestartContainer"}]""");
        var other = main.DeepClone();
        (other["name"], other["resizePolicy"]) = ("other", null);
        pod["spec"]!["containers"]!.AsArray().Add(other);
        pod["spec"]!["terminationGracePeriodSeconds"] = 1;
        await _insula.ApplyAsync(pod.ToJsonString());
        pod = await _insula.WaitForReadyAsync("anew");
        var (mine, others) = (Processes.MainOf(_insula, pod, "main"), Processes.MainOf(_insula, pod, "other"));

        await ResizeAsync("anew", """{"name":"main","resources":{"requests":{"cpu":"60m"},"limits":{"cpu":"150m"}}}""");
        pod = await ResizedAsync("anew");
        Assert.Equal(mine, Processes.MainOf(_insula, pod, "main"));

        await ResizeAsync("anew", """{"name":"main","resources":{"requests":{"memory":"16Mi"},"limits":{"memory":"24Mi"}}}""", """{"name":"other","resources":{"limits":{"memory":"36Mi"}}}""");
        pod = await ResizedAsync("anew");
        Assert.Equal(1, Pods.Restarts(pod, "main"));
        Assert.Equal(0, Pods.Restarts(pod, "other"));
        Assert.Equal(others, Processes.MainOf(_insula, pod, "other"));
        Assert.Equal(24L << 20, Memory(Group(pod, "main", "memory")));
        Assert.Equal(36L << 20, Memory(Group(pod, "other", "memory")));
        Assert.Equal(60L << 20, Memory(Path.GetDirectoryName(Group(pod, "main", "memory"))!));
        await _insula.DeletePodAsync("anew");
    }

    [Fact]
    public async Task What_does_not_fit_is_deferred_over_a_daemon_s_death_and_done_when_another_pod_goes()
    {
        await using var insula = await Instance.StartAsync(Fixture.Reserving, "busybox");
        await insula.ApplyAsync(Pod("wants", "300m", "32Mi", "300m", "32Mi"));
        await insula.ApplyAsync(Pod("stands", "600m", "32Mi", "600m", "32Mi"));
        var pod = await insula.WaitForReadyAsync("wants");
        await insula.WaitForReadyAsync("stands");
        (await insula.CliAsync("set", "resources", "pod/wants", "--requests", "cpu=600m", "--limits", "cpu=600m")).Succeeded();
        pod = await insula.WaitForPodAsync("wants", p => Pods.Condition(p, "PodResizePending") == "True", "its change is pending");
        var pending = Condition(pod, "PodResizePending");
        Assert.Equal("Deferred", (string?)pending["reason"]);
        Assert.Equal("Node didn't have enough resource: Insufficient cpu (requested 600m, free 400m of 1)", (string?)pending["message"]);
        Assert.Equal("300m", (string?)Pods.Container(pod, "main")!["allocatedResources"]!["cpu"]);
        await AssertToldAsync(insula, "wants", "ResizeDeferred");

        // What it waits for is nobody else's.
        await insula.ApplyAsync(Pod("later", "100m", "32Mi", "100m", "32Mi"));
        await insula.WaitForPodAsync("later", p => Pods.Condition(p, "PodScheduled") == "False", "one that comes later waits");

        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        pod = await insula.WaitForPodAsync("wants", p => Pods.Condition(p, "PodResizePending") == "True", "it is pending still");
        Assert.True(Pods.IsReady(pod));
        Assert.Equal(30_000, Quota(insula, pod));

        await insula.DeletePodAsync("stands");
        pod = await ResizedAsync(insula, "wants");
        Assert.Equal(60_000, Quota(insula, pod));
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        await insula.WaitForReadyAsync("later");

        // A shrinking one gives its room to who waits.
        await insula.ApplyAsync(Pod("last", "500m", "32Mi", "500m", "32Mi"));
        await insula.WaitForPodAsync("last", p => Pods.Condition(p, "PodScheduled") == "False", "the last one waits");
        (await insula.CliAsync("set", "resources", "pod/wants", "--requests", "cpu=300m", "--limits", "cpu=300m")).Succeeded();
        await insula.WaitForReadyAsync("last");
        Assert.Equal(30_000, Quota(insula, await ResizedAsync(insula, "wants")));
    }

    [Fact]
    public async Task What_the_machine_will_never_have_is_infeasible_and_can_be_taken_back()
    {
        await _insula.ApplyAsync(Pod("too-much", "50m", "32Mi", "100m", "32Mi"));
        await _insula.WaitForReadyAsync("too-much");
        (await _insula.CliAsync("set", "resources", "pod/too-much", "--requests", "cpu=100", "--limits", "cpu=200")).Succeeded();
        var pod = await _insula.WaitForPodAsync("too-much", p => Pods.Condition(p, "PodResizePending") == "True", "its change is pending");
        Assert.Equal("Infeasible", (string?)Condition(pod, "PodResizePending")["reason"]);
        Assert.Contains("requested 100, free 1 of 1", (string?)Condition(pod, "PodResizePending")["message"], StringComparison.Ordinal);
        AssertGroups(pod, 51, 10_000, 32);
        (await _insula.CliAsync("set", "resources", "pod/too-much", "--requests", "cpu=50m", "--limits", "cpu=100m")).Succeeded();
        AssertGroups(await ResizedAsync("too-much"), 51, 10_000, 32);
        await _insula.DeletePodAsync("too-much");
    }

    [Fact]
    public async Task A_memory_limit_goes_below_what_is_in_use_only_when_that_is_free()
    {
        // tmpfs counts as memory in use, and is free when the file is gone.
        await _insula.ApplyAsync(Pod("full", "50m", "96Mi", "100m", "96Mi"));
        var pod = await _insula.WaitForReadyAsync("full");
        (await _insula.CliAsync("exec", "full", "--", "dd", "if=/dev/zero", "of=/dev/shm/f", "bs=1M", "count=48")).Succeeded();
        (await _insula.CliAsync("set", "resources", "pod/full", "--requests", "memory=24Mi", "--limits", "memory=24Mi")).Succeeded();
        pod = await _insula.WaitForPodAsync("full", p => (string?)Find(p, "PodResizeInProgress")?["reason"] == "Error", "it is told that it cannot be done yet");
        Assert.Matches(@"attempting to set container ""main"" memory limit \(25165824\) below current usage \(\d+\)", (string?)Condition(pod, "PodResizeInProgress")["message"]);
        Assert.Equal(96L << 20, Memory(Group(pod, "main", "memory")));
        Assert.Equal("96Mi", (string?)Pods.Container(pod, "main")!["resources"]!["limits"]!["memory"]);
        Assert.Equal("24Mi", (string?)Pods.Container(pod, "main")!["allocatedResources"]!["memory"]);
        (await _insula.CliAsync("exec", "full", "--", "rm", "/dev/shm/f")).Succeeded();
        pod = await ResizedAsync("full");
        Assert.Equal(24L << 20, Memory(Group(pod, "main", "memory")));
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        await _insula.DeletePodAsync("full");
    }

    [Theory]
    [InlineData("qos", """{"name":"main","resources":{"limits":{"cpu":"50m","memory":"32Mi"}}}""", "QOS Class may not change")]
    [InlineData("storage", """{"name":"main","resources":{"limits":{"ephemeral-storage":"1Gi"}}}""", "only cpu and memory resources are mutable")]
    [InlineData("removed", """{"name":"main","resources":{"limits":{"cpu":null}}}""", "cannot be removed")]
    [InlineData("over", """{"name":"main","resources":{"requests":{"cpu":"150m"}}}""", "must be less than or equal to cpu limit of 100m")]
    public async Task A_change_that_may_not_be_is_refused(string name, string container, string why)
    {
        await _insula.ApplyAsync(Pod(name, "50m", "32Mi", "100m", "32Mi"));
        var refused = await _insula.Api.SendAsync(HttpMethod.Patch, Resize(name), JsonNode.Parse(Patch(container)), "application/strategic-merge-patch+json");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Code);
        Assert.Contains(why, (string?)refused.Body!["message"], StringComparison.Ordinal);

        // By the pod itself nothing of it changes, and who tries is told how.
        refused = await _insula.Api.SendAsync(
            HttpMethod.Patch, $"/api/v1/namespaces/default/pods/{name}", JsonNode.Parse(Patch("""{"name":"main","resources":{"limits":{"cpu":"200m"}}}""")), "application/strategic-merge-patch+json");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Code);
        Assert.Contains("subresource resize", (string?)refused.Body!["message"], StringComparison.Ordinal);
        await _insula.DeletePodAsync(name);
    }

    private static string Pod(string name, string cpu, string memory, string mostCpu, string mostMemory) => Manifests.Pod(
        name, Manifests.Forever, new { resources = new { requests = new { cpu, memory }, limits = new { cpu = mostCpu, memory = mostMemory } } });

    private static string Resize(string name) => $"/api/v1/namespaces/default/pods/{name}/resize";

    private static string Patch(params string[] containers) => $$$"""{"spec":{"containers":[{{{string.Join(',', containers)}}}]}}""";

    private async Task ResizeAsync(string name, params string[] containers) =>
        (await _insula.CliAsync("patch", "pod", name, "--subresource", "resize", "-p", Patch(containers))).Succeeded();

    private Task<JsonNode> ResizedAsync(string name) => ResizedAsync(_insula, name);

    // The newest specification is known, nothing is pending or under way, and the pod serves.
    private static Task<JsonNode> ResizedAsync(Instance insula, string name) => insula.WaitForPodAsync(
        name,
        p => Pods.IsReady(p) && (long)p["metadata"]!["generation"]! == (long?)p["status"]!["observedGeneration"]
            && Find(p, "PodResizePending") is null && Find(p, "PodResizeInProgress") is null,
        "its change is done");

    // Events are written beside the status, and may come a moment after it.
    private static Task AssertToldAsync(Instance insula, string name, string reason) => Eventually.TrueAsync(
        async () => (await insula.CliAsync("describe", "pod", name)).Succeeded().Contains(reason, StringComparison.Ordinal), $"{reason} is told of {name}");

    private static JsonNode? Find(JsonNode pod, string type) => pod["status"]!["conditions"]!.AsArray().FirstOrDefault(c => (string?)c!["type"] == type);

    private static JsonNode Condition(JsonNode pod, string type) => Find(pod, type)!;

    private static string Allocated(JsonNode pod) => Pods.Container(pod, "main")!["allocatedResources"]!.ToJsonString();

    private static string Actual(JsonNode pod, string part) => Pods.Container(pod, "main")!["resources"]![part]!.ToJsonString();

    private string Group(JsonNode pod, string container, string controller) => GroupOf(_insula, pod, container, controller);

    private static string GroupOf(Instance insula, JsonNode pod, string container, string controller)
    {
        var group = Processes.GroupOf(insula, pod, container, controller);
        Assert.NotNull(group);
        return group;
    }

    // Of the container and of the pod, which has only this one.
    private void AssertGroups(JsonNode pod, int shares, int quota, int mebibytes)
    {
        foreach (var of in (Func<string, string>[])[group => group, group => Path.GetDirectoryName(group)!])
        {
            var cpu = of(Group(pod, "main", "cpu"));
            Assert.Equal(quota, Quota(cpu));
            Assert.Equal((long)mebibytes << 20, Memory(of(Group(pod, "main", "memory"))));
            if (File.Exists(Path.Combine(cpu, "cpu.shares")))
            {
                Assert.Equal($"{shares}", Read(cpu, "cpu.shares"));
            }
        }
    }

    private static int Quota(Instance insula, JsonNode pod) => Quota(GroupOf(insula, pod, "main", "cpu"));

    private static int Quota(string group) =>
        int.Parse(File.Exists(Path.Combine(group, "cpu.cfs_quota_us")) ? Read(group, "cpu.cfs_quota_us") : Read(group, "cpu.max").Split(' ')[0], CultureInfo.InvariantCulture);

    private static long Memory(string group) =>
        long.Parse(File.Exists(Path.Combine(group, "memory.max")) ? Read(group, "memory.max") : Read(group, "memory.limit_in_bytes"), CultureInfo.InvariantCulture);

    private static string Read(string group, string file) => File.ReadAllText(Path.Combine(group, file)).Trim();

    public sealed class Fixture : InstanceFixture
    {
        public static string Reserving => string.Create(CultureInfo.InvariantCulture, $"system-reserved: cpu={Environment.ProcessorCount - 1},memory=100Mi\n");

        protected override string Config => Reserving;
    }
}

using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Scheduling;

/// <summary>Quotas and LimitRanges of a namespace, with controllers and control groups.</summary>
public sealed class QuotaTests
{
    [Fact]
    public async Task A_quota_stops_a_ReplicaSet_at_the_number_and_lets_it_go_on_as_room_comes()
    {
        await using var insula = await Instance.StartAsync("", "busybox");
        await insula.ApplyAsync("""{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"few"},"spec":{"hard":{"pods":"3","requests.cpu":"500m"}}}""");
        await insula.ApplyAsync(Manifests.Pod("other", Manifests.Forever, new { resources = new { requests = new { cpu = "50m" } } }));
        await insula.ApplyAsync(ReplicaSet("web", 6));
        await Eventually.TrueAsync(async () => (await PodsAsync(insula)).Count(Pods.IsReady) == 3, "two of six, beside the other");
        var described = (await insula.CliAsync("describe", "rs", "web")).Succeeded();
        Assert.Contains("FailedCreate", described, StringComparison.Ordinal);
        Assert.Contains("exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3", described, StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => System.Text.RegularExpressions.Regex.IsMatch((await insula.CliAsync("describe", "quota", "few")).Succeeded(), @"pods +3 +3\nrequests.cpu +150m +500m"), "its status is true");

        // Not after the back-off, which has grown: at once.
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        await insula.DeletePodAsync("other");
        await Eventually.TrueAsync(async () => (await OfAsync(insula, "web")).Count(Pods.IsReady) == 3, "the room of the one that went", TimeSpan.FromSeconds(5));
        Assert.Equal(3, (await PodsAsync(insula)).Count);

        // The next daemon knows all of it by the objects.
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.Contains("exceeded quota: few", (await insula.CliWithInputAsync(Manifests.Pod("more", Manifests.Forever, new { resources = new { requests = new { cpu = "1m" } } }), "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        (await insula.CliAsync("patch", "quota", "few", "-p", """{"spec":{"hard":{"pods":"5"}}}""")).Succeeded();
        await Eventually.TrueAsync(async () => (await OfAsync(insula, "web")).Count(Pods.IsReady) == 5, "a larger quota");
        (await insula.CliAsync("delete", "quota", "few")).Succeeded();
        await Eventually.TrueAsync(async () => (await OfAsync(insula, "web")).Count(Pods.IsReady) == 6, "none");
    }

    [Fact]
    public async Task What_a_LimitRange_gives_is_in_the_control_groups_also_of_pods_that_controllers_make()
    {
        await using var insula = await Instance.StartAsync("", "busybox");
        await insula.ApplyAsync("""{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"usual"},"spec":{"limits":[{"type":"Container","default":{"cpu":"300m","memory":"48Mi"},"defaultRequest":{"cpu":"20m"},"max":{"memory":"64Mi"}}]}}""");
        await insula.ApplyAsync(ReplicaSet("web", 1));
        await Eventually.TrueAsync(async () => (await OfAsync(insula, "web")).Any(Pods.IsReady), "it runs");
        var pod = (await OfAsync(insula, "web"))[0];
        var name = (string)pod["metadata"]!["name"]!;
        var seen = (await insula.CliAsync("exec", name, "--", "sh", "-c", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us")).Succeeded();
        Assert.StartsWith($"{48 << 20}\n30000", seen, StringComparison.Ordinal);
        var refused = (await insula.CliWithInputAsync(Manifests.Pod("large", Manifests.Forever, new { resources = new { limits = new { memory = "65Mi" } } }), "apply", "-f", "-")).Failed();
        Assert.Contains("maximum memory usage per Container is 64Mi, but limit is 65Mi", refused, StringComparison.Ordinal);
        var described = (await insula.CliAsync("describe", "namespace", "default")).Succeeded();
        Assert.Matches(@"Container +cpu +- +- +20m +300m +-", described);
        Assert.Contains("No resource quota.", described, StringComparison.Ordinal);
    }

    private static string ReplicaSet(string name, int replicas) => new JsonObject
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "ReplicaSet",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["replicas"] = replicas,
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                ["spec"] = JsonNode.Parse(name == "web" && replicas > 1
                    ? Manifests.Pod("x", Manifests.Forever, new { resources = new { requests = new { cpu = "50m" } } }) : Manifests.Pod("x", Manifests.Forever))!["spec"]!.DeepClone(),
            },
        },
    }.ToJsonString();

    private static async Task<List<JsonNode>> PodsAsync(Instance insula) =>
        [.. JsonNode.Parse((await insula.CliAsync("get", "pods", "-o", "json")).Succeeded())!["items"]!.AsArray().OfType<JsonNode>().Where(p => p["metadata"]!["deletionTimestamp"] is null)];

    private static async Task<List<JsonNode>> OfAsync(Instance insula, string name) =>
        [.. (await PodsAsync(insula)).Where(p => (string?)p["metadata"]!["labels"]?["app"] == name)];
}

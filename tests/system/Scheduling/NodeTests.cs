using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Scheduling;

/// <summary>The machine's object, and what it decides.</summary>
public sealed class NodeTests
{
    private static string Config => string.Create(CultureInfo.InvariantCulture, $"system-reserved: cpu={Environment.ProcessorCount - 1},memory=100Mi\nmax-pods: 7\n");

    [Fact]
    public async Task It_tells_what_the_machine_has_and_is()
    {
        await using var insula = await Instance.StartAsync(Config, "busybox");
        await insula.ApplyAsync(Manifests.Pod("web", Manifests.Forever, new { resources = new { requests = new { cpu = "250m" }, limits = new { memory = "32Mi" } } }));
        await insula.WaitForReadyAsync("web");
        var node = await NodeAsync(insula, n => n["status"]!["capacity"] is not null);
        Assert.Equal(
            (Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), "1", "7"),
            ((string?)node["status"]!["capacity"]!["cpu"], (string?)node["status"]!["allocatable"]!["cpu"], (string?)node["status"]!["allocatable"]!["pods"]));
        var total = File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.Equal($"{total}Ki", (string?)node["status"]!["capacity"]!["memory"]);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), (string?)node["status"]!["nodeInfo"]!["kernelVersion"]);
        Assert.Equal("True", Pods.Condition(node, "Ready"));
        Assert.Contains("Ready", (await insula.CliAsync("get", "nodes", "-o", "wide")).Succeeded(), StringComparison.Ordinal);
        var described = (await insula.CliAsync("describe", "node")).Succeeded();
        Assert.Matches(@"default +web +250m \(25%\) +0 \(0%\) +32Mi \(\d+%\) +32Mi \(\d+%\)", described);
        Assert.Matches(@"\n  cpu +250m \(25%\) +0 \(0%\)", described);
        Assert.Contains("(1 in total)", described, StringComparison.Ordinal);
        var refused = await insula.CliAsync("delete", "node", (string)node["metadata"]!["name"]!);
        Assert.Contains("it is the machine", refused.Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cordoned_machine_leaves_new_pods_waiting_over_daemons_and_takes_them_when_it_is_opened()
    {
        await using var insula = await Instance.StartAsync(Config, "busybox");
        await insula.ApplyAsync(Manifests.Pod("runs", Manifests.Forever));
        await insula.WaitForReadyAsync("runs");
        Assert.Contains(" cordoned", (await insula.CliAsync("cordon")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("already cordoned", (await insula.CliAsync("cordon")).Succeeded(), StringComparison.Ordinal);
        await insula.ApplyAsync(Manifests.Pod("waits", Manifests.Forever));
        await insula.ApplyAsync(Manifests.Pod("passes", Manifests.Forever, spec: new { tolerations = new[] { new { key = "node.kubernetes.io/unschedulable", @operator = "Exists" } } }));
        await insula.WaitForReadyAsync("passes");
        var waits = await insula.WaitForPodAsync("waits", p => Pods.Condition(p, "PodScheduled") == "False", "it waits");
        Assert.Contains("1 node(s) were unschedulable", waits["status"]!["conditions"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(insula.Root, "pods", Pods.Uid(waits))));
        Assert.Contains("Ready,SchedulingDisabled", (await insula.CliAsync("get", "nodes")).Succeeded(), StringComparison.Ordinal);

        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        await insula.ApplyAsync(Manifests.Pod("later", Manifests.Forever));
        await insula.WaitForPodAsync("later", p => Pods.Condition(p, "PodScheduled") == "False", "the next daemon keeps it closed");
        Assert.Equal("False", Pods.Condition(await PodAsync(insula, "waits"), "PodScheduled"));
        Assert.True(Pods.IsReady(await PodAsync(insula, "runs")));

        Assert.Contains("uncordoned", (await insula.CliAsync("uncordon")).Succeeded(), StringComparison.Ordinal);
        await insula.WaitForReadyAsync("waits");
        await insula.WaitForReadyAsync("later");
        await Eventually.TrueAsync(async () => (await insula.CliAsync("describe", "node")).Succeeded().Contains("NodeSchedulable", StringComparison.Ordinal), "the machine's events tell it");
    }

    [Fact]
    public async Task A_drain_ends_pods_within_their_grace_and_what_is_made_again_waits()
    {
        await using var insula = await Instance.StartAsync(Config, "busybox");
        await insula.ApplyAsync(Workload("DaemonSet", "agent"));
        await insula.ApplyAsync(Workload("ReplicaSet", "web", 2));
        await insula.ApplyAsync(Manifests.Pod("alone", "trap 'sleep 1; exit 0' TERM; while true; do sleep 3600 & wait $!; done"));
        await insula.WaitForReadyAsync("alone");
        await Eventually.TrueAsync(async () => await ReadyAsync(insula) == 4, "all run");
        var refused = (await insula.CliAsync("drain")).Failed();
        Assert.Contains("cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/agent-", refused, StringComparison.Ordinal);
        Assert.Contains("cannot delete Pods that declare no controller (use --force to override): default/alone", refused, StringComparison.Ordinal);
        Assert.Equal(4, await ReadyAsync(insula));

        var drained = (await insula.CliAsync("drain", "--ignore-daemonsets", "--force", "--timeout", "30s")).Succeeded();
        Assert.Contains("pod/alone evicted", drained, StringComparison.Ordinal);
        Assert.Contains(" drained", drained, StringComparison.Ordinal);
        Assert.NotEqual(0, (await insula.CliAsync("get", "pod", "alone")).ExitCode);
        Assert.Equal(1, await ReadyAsync(insula));
        await Eventually.TrueAsync(async () => (await PodsAsync(insula)).Count(p => Pods.Condition(p, "PodScheduled") == "False") == 2, "the ReplicaSet's next pods wait");

        // A DaemonSet's pod comes back also to a closed machine.
        var agent = (await PodsAsync(insula)).First(Pods.IsReady);
        (await insula.CliAsync("delete", "pod", (string)agent["metadata"]!["name"]!)).Succeeded();
        await Eventually.TrueAsync(async () => (await PodsAsync(insula)).Any(p => Pods.IsReady(p) && Pods.Uid(p) != Pods.Uid(agent)), "the DaemonSet's pod is there again");
        (await insula.CliAsync("uncordon")).Succeeded();
        await Eventually.TrueAsync(async () => await ReadyAsync(insula) == 3, "all that are wanted run again");
    }

    private static string Workload(string kind, string name, int? replicas = null)
    {
        var document = Document(kind, name);
        if (replicas is not null)
        {
            document["spec"]!["replicas"] = replicas;
        }

        return document.ToJsonString();
    }

    private static JsonObject Document(string kind, string name) => new()
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                ["spec"] = JsonNode.Parse(Manifests.Pod("x", Manifests.Forever))!["spec"]!.DeepClone(),
            },
        },
    };

    private static async Task<JsonNode> NodeAsync(Instance insula, Func<JsonNode, bool> condition)
    {
        JsonNode? node = null;
        await Eventually.TrueAsync(
            async () => (node = Assert.Single(JsonNode.Parse((await insula.CliAsync("get", "nodes", "-o", "json")).Succeeded())!["items"]!.AsArray())) is { } found && condition(found), "the machine's object is written");
        return node!;
    }

    private static async Task<List<JsonNode>> PodsAsync(Instance insula) =>
        [.. JsonNode.Parse((await insula.CliAsync("get", "pods", "-o", "json")).Succeeded())!["items"]!.AsArray().OfType<JsonNode>().Where(p => p["metadata"]!["deletionTimestamp"] is null)];

    private static async Task<int> ReadyAsync(Instance insula) => (await PodsAsync(insula)).Count(Pods.IsReady);

    private static async Task<JsonNode> PodAsync(Instance insula, string name) => JsonNode.Parse((await insula.CliAsync("get", "pod", name, "-o", "json")).Succeeded())!;
}

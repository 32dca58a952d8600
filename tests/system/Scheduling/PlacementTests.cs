using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Scheduling;

/// <summary>More pods than the machine has room for. All but one of its processors are kept for the system, so that one can be requested.</summary>
public sealed class PlacementTests
{
    private static string Config => string.Create(CultureInfo.InvariantCulture, $"system-reserved: cpu={Environment.ProcessorCount - 1},memory=100Mi\n");

    [Fact]
    public async Task What_does_not_fit_waits_with_the_numbers_and_starts_when_room_appears_the_most_important_first()
    {
        await using var insula = await Instance.StartAsync(Config, "busybox");
        await insula.ApplyAsync("""{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"more"},"value":10,"preemptionPolicy":"Never"}""");
        await insula.ApplyAsync(Pod("first", "700m"));
        await insula.WaitForReadyAsync("first");
        await insula.ApplyAsync(Pod("second", "700m"));
        await insula.ApplyAsync(Pod("third", "700m", "more"));
        await insula.ApplyAsync(Pod("small", "300m"));
        await insula.WaitForReadyAsync("small"); // what fits is not held up by what does not
        foreach (var name in (string[])["second", "third"])
        {
            var pod = await insula.WaitForPodAsync(name, p => Pods.Condition(p, "PodScheduled") == "False", $"{name} waits");
            Assert.Equal("Pending", Pods.Phase(pod));
            Assert.Null(pod["status"]!["podIP"]);
            var condition = pod["status"]!["conditions"]![0]!;
            Assert.Equal("Unschedulable", (string?)condition["reason"]);
            Assert.Contains("0/1 nodes are available: 1 Insufficient cpu (requested 700m, free 300m of 1).", (string?)condition["message"], StringComparison.Ordinal);
            Assert.False(Directory.Exists(Path.Combine(insula.Root, "pods", Pods.Uid(pod))));
        }

        var described = (await insula.CliAsync("describe", "pod", "second")).Succeeded();
        Assert.Contains("FailedScheduling", described, StringComparison.Ordinal);
        Assert.Contains("Insufficient cpu", described, StringComparison.Ordinal);

        await insula.DeletePodAsync("first");
        await insula.WaitForReadyAsync("third");
        Assert.Equal("False", Pods.Condition(await GetAsync(insula, "second"), "PodScheduled"));

        // Neither the daemon's death nor its return gives anybody a place, or takes one.
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.True(Pods.IsReady(await GetAsync(insula, "third")));
        var waits = await insula.WaitForPodAsync("second", p => Pods.Condition(p, "PodScheduled") == "False", "second waits still");
        Assert.Null(waits["status"]!["startTime"]);

        // Nor does a shutdown of the machine, which ends all pods.
        await insula.StopDaemonAsync();
        (await insula.DrainAsync()).Succeeded();
        await insula.StartDaemonAsync();
        await insula.WaitForReadyAsync("third");
        Assert.Equal("False", Pods.Condition(await GetAsync(insula, "second"), "PodScheduled"));
        await insula.DeletePodAsync("third");
        await insula.WaitForReadyAsync("second");
    }

    [Fact]
    public async Task A_pod_of_more_priority_displaces_the_least_important_within_their_grace()
    {
        await using var insula = await Instance.StartAsync(Config, "busybox");
        await insula.ApplyAsync("""{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"high"},"value":100}""");
        await insula.ApplyAsync("""{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"middle"},"value":10}""");
        await insula.ApplyAsync(Pod("keeps", "500m", "middle"));
        await insula.ApplyAsync(Pod("goes", "500m", script: "trap 'sleep 1; exit 0' TERM; while true; do sleep 3600 & wait $!; done"));
        await insula.WaitForReadyAsync("keeps");
        var victim = await insula.WaitForReadyAsync("goes");
        await insula.ApplyAsync(Pod("wants", "500m", "high"));
        var gone = await insula.WaitForPodAsync("goes", p => p["metadata"]!["deletionTimestamp"] is not null, "goes is told to");
        Assert.Equal("True", Pods.Condition(gone, "DisruptionTarget"));
        var nominated = await insula.WaitForPodAsync("wants", p => p["status"]!["nominatedNodeName"] is not null || Pods.IsReady(p), "room is being made for it");
        Assert.Equal((string?)nominated["spec"]!["nodeName"], (string?)nominated["status"]!["nominatedNodeName"]);
        var placed = await insula.WaitForReadyAsync("wants");
        Assert.Null(placed["status"]!["nominatedNodeName"]);
        Assert.NotEqual(0, (await insula.CliAsync("get", "pod", "goes")).ExitCode);
        Assert.True(Pods.IsReady(await GetAsync(insula, "keeps")));
        var events = (await insula.CliAsync("events", "-A")).Succeeded();
        Assert.Contains("Preempted by pod default/wants, whose priority is 100", events, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(insula.Root, "pods", Pods.Uid(victim))));
    }

    [Fact]
    public async Task More_replicas_than_fit_leave_the_rest_pending_and_start_them_as_room_appears()
    {
        await using var insula = await Instance.StartAsync(Config, "busybox");
        await insula.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject { ["name"] = "many" },
            ["spec"] = new JsonObject
            {
                ["replicas"] = 6,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "many" } },
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "many" } },
                    ["spec"] = JsonNode.Parse(Pod("x", "250m"))!["spec"]!.DeepClone(),
                },
            },
        }.ToJsonString());
        await Eventually.TrueAsync(async () => await CountAsync("True") == 4 && await CountAsync("False") == 2, "four of six have a place");
        (await insula.CliAsync("scale", "deployment", "many", "--replicas=4")).Succeeded();
        await Eventually.TrueAsync(async () => await CountAsync("True") == 4 && await CountAsync("False") == 0, "the rest is gone, and it was the waiting ones");
        (await insula.CliAsync("scale", "deployment", "many", "--replicas=5")).Succeeded();
        await Eventually.TrueAsync(async () => await CountAsync("False") == 1, "one waits");
        var running = JsonNode.Parse((await insula.CliAsync("get", "pods", "-o", "json")).Succeeded())!["items"]!.AsArray().First(Pods.IsReady!)!;
        (await insula.CliAsync("delete", "pod", (string)running["metadata"]!["name"]!)).Succeeded();
        await Eventually.TrueAsync(async () => await CountAsync("True") == 4 && await CountAsync("False") == 1, "it has the place of the one that went, whose successor waits");
        (await insula.CliAsync("delete", "deployment", "many")).Succeeded();
        await Eventually.TrueAsync(async () => JsonNode.Parse((await insula.CliAsync("get", "pods", "-o", "json")).Succeeded())!["items"]!.AsArray().Count == 0, "all are gone");

        async Task<int> CountAsync(string scheduled) => JsonNode.Parse((await insula.CliAsync("get", "pods", "-o", "json")).Succeeded())!["items"]!.AsArray()
            .Count(p => p!["metadata"]!["deletionTimestamp"] is null && Pods.Condition(p, "PodScheduled") == scheduled && (scheduled == "False" || Pods.IsReady(p)));
    }

    private static async Task<JsonNode> GetAsync(Instance insula, string name) =>
        JsonNode.Parse((await insula.CliAsync("get", "pod", name, "-o", "json")).Succeeded())!;

    private static string Pod(string name, string cpu, string? priority = null, string script = Manifests.Forever) => Manifests.Pod(
        name, script, new { resources = new { requests = new { cpu } } }, priority is null ? null : new { priorityClassName = priority });
}

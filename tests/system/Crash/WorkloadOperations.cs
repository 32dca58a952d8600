using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>What is done to workloads. Their pods leave marks as the rich pod does, and serve its Service.</summary>
internal static class WorkloadOperations
{
    private const string Deployments = "apis/apps/v1/namespaces/default/deployments";
    private const string ReplicaSets = "apis/apps/v1/namespaces/default/replicasets";
    private const string Jobs = "apis/batch/v1/namespaces/default/jobs";
    private const string AllPods = "api/v1/namespaces/default/pods";

    private const int Replicas = 2;
    private const int Completions = 3;

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("workload", false, false, world => world.TryAsync(Imageless, "apply", "-f", "-"), ImagelessMadeAsync, AfterAsync: world => DeleteAsync(world, Deployments, "many")),
        new("rollout", false, false, world => world.TryAsync(Rolled(world, "two"), "apply", "-f", "-"), RolledOutAsync, MakeRolledAsync, world => DeleteAsync(world, Deployments, "rolled")),
        new("cascade", false, false, world => world.TryAsync(null, "delete", "deployment", "rolled", "--wait=false"), DeletedAsync, MakeRolledAsync),
        new("job", false, false, world => world.TryAsync(Job(world), "apply", "-f", "-"), CompletedAsync, Remember, world => DeleteAsync(world, Jobs, "counted")),
    ];

    // Its pods have no image and start nothing: what is tried is that each is made once.
    private static string Imageless =>
        """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"many"},"spec":{"replicas":3,"selector":{"matchLabels":{"load":"many"}},
         "template":{"metadata":{"labels":{"load":"many"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"main","image":"nowhere","imagePullPolicy":"Never"}]}}}}
        """;

    private static string Rolled(CrashWorld world, string version)
    {
        var template = Template(world, "rolled", "exec httpd -f -p 8080", "Always");
        template["metadata"]!["annotations"] = new JsonObject { ["version"] = version };
        template["spec"]!["containers"]![0]!["readinessProbe"] = new JsonObject { ["tcpSocket"] = new JsonObject { ["port"] = 8080 }, ["periodMilliseconds"] = 100 };
        return Workload("apps/v1", "Deployment", "rolled", new JsonObject
        {
            ["replicas"] = Replicas,
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["load"] = "rolled" } },
            ["strategy"] = new JsonObject { ["rollingUpdate"] = new JsonObject { ["maxSurge"] = 1, ["maxUnavailable"] = 0 } },
            ["template"] = template,
        });
    }

    private static string Job(CrashWorld world) => Workload("batch/v1", "Job", "counted", new JsonObject
    {
        ["completions"] = Completions,
        ["parallelism"] = 2,
        ["template"] = Template(world, "counted", "true", "Never"),
    });

    private static string Workload(string version, string kind, string name, JsonObject spec) =>
        new JsonObject { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = spec }.ToJsonString();

    /// <summary>A pod that leaves marks and serves, as the audit has it of all pods.</summary>
    internal static JsonObject Template(CrashWorld world, string load, string script, string restartPolicy) => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "rich", ["load"] = load } },
        ["spec"] = new JsonObject
        {
            ["terminationGracePeriodSeconds"] = 0,
            ["restartPolicy"] = restartPolicy,
            ["enableServiceLinks"] = false,
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "main",
                ["image"] = "busybox",
                ["imagePullPolicy"] = "IfNotPresent",
                ["command"] = new JsonArray("sh", "-c", RichPod.Mark + script),
                ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "marks", ["mountPath"] = "/marks" }),
            }),
            ["volumes"] = new JsonArray(new JsonObject { ["name"] = "marks", ["hostPath"] = new JsonObject { ["path"] = world.Pod.Marks } }),
        },
    };

    private static async Task ImagelessMadeAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        await AskAgainAsync(world, acknowledged, Deployments, "many", Imageless, _ => true);
        await WaitForAsync(world, Deployments, "many", d => (int?)d["status"]?["updatedReplicas"] == 3, "three pods are counted");
        Assert.Equal((3, 1), ((await ListAsync(world, AllPods, "many")).Count, (await ListAsync(world, ReplicaSets, "many")).Count));
    }

    private static Task Remember(CrashWorld world)
    {
        world.StartedBefore = world.StartedPods();
        return Task.CompletedTask;
    }

    private static async Task MakeRolledAsync(CrashWorld world)
    {
        await Remember(world);
        await world.Insula.ApplyAsync(Rolled(world, "one"));
        await WaitForAsync(world, Deployments, "rolled", IsRolledOut, "all are ready");
    }

    private static async Task RolledOutAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        await AskAgainAsync(world, acknowledged, Deployments, "rolled", Rolled(world, "two"), d => (string?)d["spec"]!["template"]!["metadata"]!["annotations"]!["version"] == "two");
        await WaitForAsync(world, Deployments, "rolled", IsRolledOut, "all are new and ready");
        await Eventually.TrueAsync(async () => (await ListAsync(world, AllPods, "rolled")).Count == Replicas, "the old ones are gone");
        foreach (var pod in await ListAsync(world, AllPods, "rolled"))
        {
            Assert.Equal("two", (string?)pod["metadata"]!["annotations"]!["version"]);
            Assert.True(
                world.Blow is not (null or Blow.KillDaemon) || Pods.Restarts(pod, "main") == 0, $"{pod["metadata"]!["name"]} was restarted because the daemon died");
        }

        Assert.Equal(2, (await ListAsync(world, ReplicaSets, "rolled")).Count);
        Assert.Equal(2 * Replicas, world.StartedPods().Except(world.StartedBefore).Count());
        await world.Audit.AssertAgreementAsync("once all are new");
    }

    private static bool IsRolledOut(JsonNode deployment) =>
        (long?)deployment["status"]?["observedGeneration"] == (long?)deployment["metadata"]!["generation"]
        && (string[])["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] is var counts
        && counts.All(count => (int?)deployment["status"]![count] == Replicas);

    private static async Task DeletedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await FindAsync(world, Deployments, "rolled") is not null)
        {
            Assert.False(acknowledged, "a deletion that was acknowledged is lost");
            await world.TryAsync(null, "delete", "deployment", "rolled", "--wait=false");
        }

        await GoneAsync(world, Deployments, "rolled");
        Assert.Equal(Replicas, world.StartedPods().Except(world.StartedBefore).Count());
    }

    private static async Task CompletedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        await AskAgainAsync(world, acknowledged, Jobs, "counted", Job(world), _ => true);
        var job = await WaitForAsync(
            world, Jobs, "counted", j => (j["status"]?["conditions"]?.AsArray() ?? []).Any(c => (string?)c!["type"] == "Complete" && (string?)c["status"] == "True"), "it is complete");
        var pods = await ListAsync(world, AllPods, "counted");
        var failed = (int?)job["status"]!["failed"] ?? 0;
        Assert.Equal(Completions, (int?)job["status"]!["succeeded"]);
        Assert.Equal((Completions, failed), (pods.Count(p => Pods.Phase(p) == "Succeeded"), pods.Count(p => Pods.Phase(p) == "Failed")));
        Assert.All(pods, p => Assert.Null(p["metadata"]!["finalizers"]));
        if (world.Blow is null or Blow.KillDaemon)
        {
            Assert.Equal((0, Completions), (failed, world.StartedPods().Except(world.StartedBefore).Count()));
        }
    }

    private static async Task AskAgainAsync(CrashWorld world, bool acknowledged, string resource, string name, string manifest, Func<JsonNode, bool> isAsAsked)
    {
        if (await FindAsync(world, resource, name) is not { } found || !isAsAsked(found))
        {
            Assert.False(acknowledged, "a workload that was acknowledged is lost");
            await world.Insula.ApplyAsync(manifest);
        }
    }

    private static async Task DeleteAsync(CrashWorld world, string resource, string name)
    {
        var (code, said) = await world.Insula.Api.SendAsync(HttpMethod.Delete, $"/{resource}/{name}?propagationPolicy=Background");
        Assert.True(code is HttpStatusCode.OK or HttpStatusCode.Accepted, $"{name} cannot be deleted: {(int)code} {said}");
        await GoneAsync(world, resource, name);
    }

    private static Task GoneAsync(CrashWorld world, string resource, string name) => Eventually.TrueAsync(
        async () => await FindAsync(world, resource, name) is null && (await ListAsync(world, ReplicaSets, name)).Count + (await ListAsync(world, AllPods, name)).Count == 0,
        $"{name} is gone with all it made");

    private static async Task<JsonNode?> FindAsync(CrashWorld world, string resource, string name) =>
        (await world.Insula.Api.SendAsync(HttpMethod.Get, $"/{resource}/{name}")) is { Code: HttpStatusCode.OK } found ? found.Body : null;

    private static async Task<JsonNode> WaitForAsync(CrashWorld world, string resource, string name, Func<JsonNode, bool> condition, string what) =>
        (await Eventually.GetAsync(() => FindAsync(world, resource, name), found => found is not null && condition(found), $"{name}: {what}"))!;

    private static async Task<IReadOnlyList<JsonNode>> ListAsync(CrashWorld world, string resource, string load) =>
        [.. (await world.Insula.Api.GetAsync($"/{resource}?labelSelector=load%3D{load}"))["items"]!.AsArray().Select(item => item!)];
}

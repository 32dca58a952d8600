using System.Text.Json.Nodes;

namespace Insulad.Tests;

public sealed class WorkloadApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private const string Merge = "application/merge-patch+json";

    [Fact]
    public async Task A_Deployment_has_defaults_a_scale_and_kubectl_s_columns()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        var (code, body) = await api.SendAsync(HttpMethod.Post, path, Deployment(2));
        Assert.True(code == 201, body.ToJsonString());
        var spec = body["spec"]!;
        Assert.Equal((10, 600, "RollingUpdate", "25%", "25%", "Always"), (
            (int)spec["revisionHistoryLimit"]!, (int)spec["progressDeadlineSeconds"]!, (string?)spec["strategy"]!["type"],
            (string?)spec["strategy"]!["rollingUpdate"]!["maxSurge"], (string?)spec["strategy"]!["rollingUpdate"]!["maxUnavailable"],
            (string?)spec["template"]!["spec"]!["restartPolicy"]));
        await Eventually(async () => (await PodsAsync(ns)).Count == 2);
        foreach (var pod in await PodsAsync(ns))
        {
            await ReadyAsync(ns, (string)pod["metadata"]!["name"]!);
        }

        await Eventually(async () => (int?)(await api.SendAsync(HttpMethod.Get, path + "/web")).Body["status"]?["availableReplicas"] == 2);
        (_, body) = await api.SendAsync(HttpMethod.Get, path, accept: Table);
        Assert.Equal(["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"], body["columnDefinitions"]!.AsArray().Select(c => (string?)c!["name"]));
        var cells = body["rows"]![0]!["cells"]!.AsArray().Select(c => c!.ToString()).ToList();
        Assert.Equal(["web", "2/2", "2", "2"], cells.Take(4));
        Assert.Equal(["main", "busybox", "app=web"], cells.Skip(5));
        (_, body) = await api.SendAsync(HttpMethod.Get, $"/apis/apps/v1/namespaces/{ns}/replicasets", accept: Table);
        Assert.Equal(["2", "2", "2"], body["rows"]![0]!["cells"]!.AsArray().Skip(1).Take(3).Select(c => c!.ToString()));

        (code, body) = await api.SendAsync(HttpMethod.Get, path + "/web/scale");
        Assert.Equal((200, "Scale", "autoscaling/v1", 2, 2, "app=web"), (
            code, (string?)body["kind"], (string?)body["apiVersion"], (int)body["spec"]!["replicas"]!, (int)body["status"]!["replicas"]!, (string?)body["status"]!["selector"]));
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/web/scale", """{"spec":{"replicas":1}}""", Merge);
        Assert.Equal((200, 1), (code, (int)body["spec"]!["replicas"]!));
        await Eventually(async () => (await PodsAsync(ns)).Count == 1);
        (_, body) = await api.SendAsync(HttpMethod.Get, path + "/web");
        Assert.Equal(2, (int)body["metadata"]!["generation"]!);
        (code, body) = await api.SendAsync(HttpMethod.Put, path + "/web/scale", """{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"resourceVersion":"1"},"spec":{"replicas":3}}""");
        Assert.Equal((409, "Conflict"), (code, (string?)body["reason"]));
        (code, _) = await api.SendAsync(HttpMethod.Patch, path + "/web/scale", """{"spec":{"replicas":-1}}""", Merge);
        Assert.Equal(422, code);
    }

    [Fact]
    public async Task Only_the_spec_counts_up_the_generation()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        await api.SendAsync(HttpMethod.Post, path, Deployment(0));
        await Eventually(async () => (int?)(await api.SendAsync(HttpMethod.Get, path + "/web")).Body["status"]?["observedGeneration"] == 1);
        foreach (var patch in (string[])["""{"metadata":{"labels":{"a":"b"}}}""", """{"metadata":{"annotations":{"a":"b"}}}""", """{"status":{"replicas":9}}"""])
        {
            var (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/web", patch, Merge);
            Assert.Equal((200, 1), (code, (int)body["metadata"]!["generation"]!));
            Assert.Null(body["status"]!["replicas"]);
        }

        var (_, changed) = await api.SendAsync(HttpMethod.Patch, path + "/web", """{"spec":{"minReadySeconds":3}}""", Merge);
        Assert.Equal(2, (int)changed["metadata"]!["generation"]!);
        (var refused, changed) = await api.SendAsync(HttpMethod.Patch, path + "/web", """{"spec":{"selector":{"matchLabels":{"app":"web","x":"y"}},"template":{"metadata":{"labels":{"x":"y"}}}}}""", Merge);
        Assert.Equal(422, refused);
        Assert.Contains("spec.selector: Invalid value", (string?)changed["message"], StringComparison.Ordinal);
        Assert.Contains("field is immutable", (string?)changed["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discovery_names_the_kinds_with_their_short_names_and_subresources()
    {
        var (code, body) = await api.SendAsync(HttpMethod.Get, "/apis/apps/v1");
        Assert.Equal(200, code);
        var names = body["resources"]!.AsArray().Select(r => (string)r!["name"]!).ToList();
        Assert.Subset(names.ToHashSet(), new HashSet<string>(["deployments", "deployments/scale", "deployments/status", "replicasets", "replicasets/scale", "replicasets/status"]));
        Assert.Equal("deploy", (string?)body["resources"]!.AsArray().Single(r => (string?)r!["name"] == "deployments")!["shortNames"]![0]);
    }

    [Theory]
    [InlineData("Background")]
    [InlineData("Foreground")]
    [InlineData("Orphan")]
    public async Task What_it_owns_goes_after_it_or_before_it_or_stays(string policy)
    {
        var ns = await api.NamespaceAsync();
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments/web";
        var sets = $"/apis/apps/v1/namespaces/{ns}/replicasets";
        await api.SendAsync(HttpMethod.Post, $"/apis/apps/v1/namespaces/{ns}/deployments", Deployment(1));
        await Eventually(async () => (await PodsAsync(ns)).Count == 1);
        var (code, body) = await api.SendAsync(HttpMethod.Delete, path, $$"""{"propagationPolicy":"{{policy}}"}""");
        Assert.True(code == 200, body.ToJsonString());
        var pods = $"/api/v1/namespaces/{ns}/pods";
        if (policy == "Orphan")
        {
            await Eventually(async () => (await api.SendAsync(HttpMethod.Get, path)).Code == 404);
            var (_, left) = await api.SendAsync(HttpMethod.Get, sets);
            Assert.Null(Assert.Single(left["items"]!.AsArray())!["metadata"]!["ownerReferences"]);
            Assert.Null(Assert.Single(await PodsAsync(ns))["metadata"]!["deletionTimestamp"]);
            return;
        }

        // The pods of this fixture end when the test says so.
        await Eventually(async () => (await PodsAsync(ns)) is [var pod] && pod["metadata"]!["deletionTimestamp"] is not null);
        Assert.Equal(policy == "Foreground", (await api.SendAsync(HttpMethod.Get, path)).Code == 200);
        await api.Store.DeleteAsync(new("pods", ns, (string)(await PodsAsync(ns))[0]["metadata"]!["name"]!), Insula.Store.Preconditions.None, CancellationToken.None);
        await Eventually(async () => (await api.SendAsync(HttpMethod.Get, path)).Code == 404 && (await api.SendAsync(HttpMethod.Get, sets)).Body["items"]!.AsArray().Count == 0);
        Assert.Empty((await api.SendAsync(HttpMethod.Get, pods)).Body["items"]!.AsArray());
    }

    /// <summary>The write that took the last finalizer away and the one that removed the object were two; a status in between kept it for ever.</summary>
    [Theory]
    [InlineData("Foreground")]
    [InlineData("Orphan")]
    public async Task An_owner_goes_however_often_its_status_is_written_meanwhile(string policy)
    {
        var ns = await api.NamespaceAsync();
        for (var i = 0; i < 10; i++)
        {
            var path = $"/apis/apps/v1/namespaces/{ns}/deployments/web";
            await api.SendAsync(HttpMethod.Post, $"/apis/apps/v1/namespaces/{ns}/deployments", Deployment(0));
            using var stop = new CancellationTokenSource();
            var writing = Task.Run(async () =>
            {
                for (var n = 0; !stop.IsCancellationRequested; n++)
                {
                    await api.SendAsync(HttpMethod.Patch, path, $$$"""{"metadata":{"annotations":{"n":"{{{n}}}"} } }""", Merge);
                }
            });
            await api.SendAsync(HttpMethod.Delete, path, $$"""{"propagationPolicy":"{{policy}}"}""");
            await Eventually(async () => (await api.SendAsync(HttpMethod.Get, path)).Code == 404);
            await stop.CancelAsync();
            await writing;
            await api.SendAsync(HttpMethod.Delete, $"/apis/apps/v1/namespaces/{ns}/replicasets");
        }
    }

    [Fact]
    public async Task Pods_that_are_refused_are_tried_a_few_at_a_time_and_told()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(HttpMethod.Patch, $"/api/v1/namespaces/{ns}", """{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}""", Merge);
        var path = $"/apis/apps/v1/namespaces/{ns}/deployments";
        using var answer = await api.RawAsync(HttpMethod.Post, path, Deployment(50));
        Assert.Equal(201, (int)answer.StatusCode);
        Assert.Contains(answer.Headers.GetValues("Warning"), w => w.Contains("pods of this Deployment will be refused", StringComparison.Ordinal));
        await Eventually(async () => (await api.SendAsync(HttpMethod.Get, path + "/web")).Body["status"]?["conditions"]?.AsArray().Any(c => (string?)c!["type"] == "ReplicaFailure") == true);
        var (_, events) = await api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/events?fieldSelector=reason%3DFailedCreate");
        Assert.InRange(events["items"]!.AsArray().Sum(e => (int)e!["count"]!), 1, 3);
        Assert.Contains("violates PodSecurity", (string?)events["items"]![0]!["message"], StringComparison.Ordinal);
        await api.SendAsync(HttpMethod.Patch, $"/api/v1/namespaces/{ns}", """{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}""", Merge);
        await Eventually(async () => (await PodsAsync(ns)).Count == 50);
    }

    private static string Deployment(int replicas) => $$$"""
        {"metadata":{"name":"web"},"spec":{"replicas":{{{replicas}}},"selector":{"matchLabels":{"app":"web"}},
         "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"busybox"}]} } } }
        """;

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "did not come to be");
            await Task.Delay(10);
        }
    }

    private async Task<IReadOnlyList<JsonNode>> PodsAsync(string ns)
    {
        // Nobody ends the pods of this fixture: those that are asked to are taken for ended, if the test does not look at them.
        var (_, list) = await api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/pods");
        var all = list["items"]!.AsArray().Select(p => p!).ToList();
        return all.Count == 1 ? all : [.. all.Where(p => p["metadata"]!["deletionTimestamp"] is null)];
    }

    private async Task ReadyAsync(string ns, string pod)
    {
        var (code, body) = await api.SendAsync(
            HttpMethod.Patch, $"/api/v1/namespaces/{ns}/pods/{pod}/status", """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""", Merge);
        Assert.True(code == 200, body.ToJsonString());
    }
}

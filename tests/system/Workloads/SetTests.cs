using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Workloads;

/// <summary>StatefulSets, DaemonSets and ReplicationControllers of the real daemon with real pods.</summary>
public sealed class SetTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Pods_of_a_StatefulSet_have_names_that_stay_also_in_DNS()
    {
        await _insula.ApplyAsync("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"peers"},"spec":{"clusterIP":"None","selector":{"app":"db"},"ports":[{"port":80}]}}""");
        await _insula.ApplyAsync(StatefulSet(3, "one"));
        (await _insula.CliAsync("rollout", "status", "sts/db", "--timeout", "60s")).Succeeded();
        var pods = await Loads.WaitForPodsAsync(_insula, "db", 3);
        Assert.Equal(["db-0", "db-1", "db-2"], pods.Select(Loads.Name).Order());
        Assert.Equal("db-1\n", (await _insula.CliAsync("exec", "db-1", "--", "hostname")).Succeeded());
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("exec", "db-0", "--", "nslookup", "db-2.peers.default.svc.cluster.local")).Output.Contains(Pods.Address(pods.Single(p => Loads.Name(p) == "db-2")), StringComparison.Ordinal),
            "a pod finds the other by its name");

        // One that is killed comes back by its name; an update replaces all of them, the last one first.
        (await _insula.CliAsync("delete", "pod", "db-1", "--grace-period", "0")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "db", 3);
        await _insula.ApplyAsync(StatefulSet(2, "two"));
        (await _insula.CliAsync("rollout", "status", "sts/db", "--timeout", "60s")).Succeeded();
        pods = await Loads.WaitForPodsAsync(_insula, "db", 2);
        Assert.Equal(["db-0", "db-1"], pods.Select(Loads.Name).Order());
        Assert.All(pods, p => Assert.Contains("two", p["spec"]!.ToJsonString(), StringComparison.Ordinal));
        (await _insula.CliAsync("scale", "sts/db", "--replicas", "1")).Succeeded();
        Assert.Equal("db-0", Loads.Name((await Loads.WaitForPodsAsync(_insula, "db", 1))[0]));
        await Loads.DeleteAsync(_insula, "statefulset", "db");
        (await _insula.CliAsync("delete", "service", "peers")).Succeeded();
    }

    [Fact]
    public async Task Each_pod_of_a_StatefulSet_finds_its_volume_again()
    {
        var file = Path.Combine(Repository.Root, "examples", "statefulset.yaml");
        (await _insula.CliAsync("apply", "-f", file)).Succeeded();
        (await _insula.CliAsync("rollout", "status", "sts/log", "--timeout", "60s")).Succeeded();
        await _insula.OutputIsAsync("log-1 starts\n", "exec", "log-1", "--", "cat", "/data/starts");
        Assert.Equal(["data-log-0", "data-log-1"], await ClaimsAsync("log"));
        (await _insula.CliAsync("delete", "pod", "log-1")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "log", 2);
        await _insula.OutputIsAsync("log-1 starts\nlog-1 starts\n", "exec", "log-1", "--", "cat", "/data/starts");

        // Claims stay when there are fewer pods, and when the set is deleted.
        (await _insula.CliAsync("scale", "sts/log", "--replicas", "0")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "log", 0);
        Assert.Equal(["data-log-0", "data-log-1"], await ClaimsAsync("log"));
        (await _insula.CliAsync("scale", "sts/log", "--replicas", "2")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "log", 2);
        await _insula.OutputIsAsync("3\n", "exec", "log-1", "--", "sh", "-c", "wc -l < /data/starts");
        (await _insula.CliAsync("delete", "-f", file)).Succeeded();
        await Eventually.TrueAsync(async () => (await Loads.AllPodsAsync(_insula, "log")).Count == 0, "the pods are gone");
        Assert.Equal(["data-log-0", "data-log-1"], await ClaimsAsync("log"));
        (await _insula.CliAsync("delete", "pvc", "-l", "app=log")).Succeeded();
        await GoneAsync("log");
    }

    [Fact]
    public async Task Claims_of_a_StatefulSet_go_with_it_where_that_is_asked()
    {
        await _insula.ApplyAsync(WithClaims(2, "short", new { whenDeleted = "Delete", whenScaled = "Delete" }));
        await Loads.WaitForPodsAsync(_insula, "short", 2);
        (await _insula.CliAsync("scale", "sts/short", "--replicas", "1")).Succeeded();
        await Eventually.TrueAsync(async () => (await ClaimsAsync("short")).SequenceEqual(["data-short-0"]), "the claim of the pod that is no more is gone");
        await Loads.DeleteAsync(_insula, "statefulset", "short");
        await GoneAsync("short");
    }

    [Fact]
    public async Task What_is_wrong_with_a_claim_of_a_StatefulSet_is_told_by_its_path()
    {
        var manifest = JsonNode.Parse(WithClaims(1, "wrong", new { whenDeleted = "Perhaps" }))!;
        Assert.Contains("spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"Perhaps\"", (await _insula.CliWithInputAsync(manifest.ToJsonString(), "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        manifest["spec"]!.AsObject().Remove("persistentVolumeClaimRetentionPolicy");
        manifest["spec"]!["volumeClaimTemplates"]![0]!["spec"]!.AsObject().Remove("accessModes");
        Assert.Contains("spec.volumeClaimTemplates[0].spec.accessModes: Required value", (await _insula.CliWithInputAsync(manifest.ToJsonString(), "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
    }

    private static string WithClaims(int replicas, string name, object retention) => Loads.Manifest(
        "apps/v1", "StatefulSet", name,
        new
        {
            replicas,
            serviceName = "peers",
            selector = new { matchLabels = new { app = name } },
            persistentVolumeClaimRetentionPolicy = retention,
            volumeClaimTemplates = new[] { new { metadata = new { name = "data" }, spec = new { accessModes = new[] { "ReadWriteOnce" }, resources = new { requests = new { storage = "1Mi" } } } } },
        },
        null, Loads.Template(name, Manifests.Forever, new { volumeMounts = new[] { new { name = "data", mountPath = "/data" } } }));

    private async Task<IReadOnlyList<string>> ClaimsAsync(string app) =>
        [.. (await _insula.Api.GetAsync($"/api/v1/namespaces/default/persistentvolumeclaims?labelSelector=app%3D{app}"))["items"]!.AsArray().Select(c => (string)c!["metadata"]!["name"]!).Order(StringComparer.Ordinal)];

    private Task GoneAsync(string app) => Eventually.TrueAsync(
        async () => (await ClaimsAsync(app)).Count == 0 && !(await _insula.Api.GetAsync("/api/v1/persistentvolumes"))["items"]!.AsArray().Any(v => ((string?)v!["spec"]!["claimRef"]?["name"] ?? "").StartsWith($"data-{app}-", StringComparison.Ordinal)),
        "claims and volumes are gone");

    [Fact]
    public async Task A_DaemonSet_has_one_pod_and_a_ReplicationController_as_many_as_it_wants()
    {
        await _insula.ApplyAsync(Loads.Manifest("apps/v1", "DaemonSet", "agent", new { selector = new { matchLabels = new { app = "agent" } } }, null, Loads.Template("agent", Manifests.Forever)));
        (await _insula.CliAsync("rollout", "status", "ds/agent", "--timeout", "30s")).Succeeded();
        var first = Loads.Name((await Loads.WaitForPodsAsync(_insula, "agent", 1))[0]);
        (await _insula.CliAsync("rollout", "restart", "ds/agent")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "ds/agent", "--timeout", "60s")).Succeeded();
        Assert.NotEqual(first, Loads.Name((await Loads.WaitForPodsAsync(_insula, "agent", 1))[0]));
        await Loads.DeleteAsync(_insula, "daemonset", "agent");

        await _insula.ApplyAsync(Loads.Manifest("v1", "ReplicationController", "older", new { replicas = 2 }, null, Loads.Template("older", Manifests.Forever)));
        await Loads.WaitForPodsAsync(_insula, "older", 2);
        (await _insula.CliAsync("scale", "rc/older", "--replicas", "1")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "older", 1);
        await Loads.DeleteAsync(_insula, "rc", "older");
    }

    [Fact]
    public async Task Templates_of_a_StatefulSet_are_kept_for_a_rollback_and_a_partition_holds_some_pods_back()
    {
        await _insula.ApplyAsync(StatefulSet(2, "one", partition: 0));
        await Loads.WaitForPodsAsync(_insula, "db", 2);
        (await _insula.CliAsync("annotate", "sts/db", "kubernetes.io/change-cause=the second")).Succeeded();
        await _insula.ApplyAsync(StatefulSet(2, "two", partition: 1));
        Assert.Contains("partitioned roll out complete: 1 new pods", (await _insula.CliAsync("rollout", "status", "sts/db", "--timeout", "60s")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal(("one", "two"), (await VersionAsync("db-0"), await VersionAsync("db-1")));

        // Both come back as they were, over a daemon's death, too.
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        (await _insula.CliAsync("delete", "pod", "db-0", "db-1", "--grace-period", "0")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "db", 2);
        Assert.Equal(("one", "two"), (await VersionAsync("db-0"), await VersionAsync("db-1")));
        var history = (await _insula.CliAsync("rollout", "history", "sts/db")).Succeeded();
        Assert.Matches(@"1 +<none>\n2 +the second\n", history);
        Assert.Contains("# one", (await _insula.CliAsync("rollout", "history", "sts/db", "--revision", "1")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("statefulset.apps/db", (await _insula.CliAsync("get", "controllerrevisions")).Succeeded(), StringComparison.Ordinal);

        // Back by what kubectl sends, then by name.
        var first = (await RevisionsAsync("db"))[0];
        var (code, _) = await _insula.Api.SendAsync(HttpMethod.Patch, "/apis/apps/v1/namespaces/default/statefulsets/db", first["data"], "application/strategic-merge-patch+json");
        Assert.Equal(200, (int)code);
        await EachAsync("db", 2, "one");
        Assert.Equal([2, 3], (await RevisionsAsync("db")).Select(r => (int)r["revision"]!));
        Assert.Contains("no revision 7; it has 2, 3", (await _insula.CliAsync("rollout", "undo", "sts/db", "--to-revision", "7")).Failed(), StringComparison.Ordinal);
        (await _insula.CliAsync("patch", "sts/db", "-p", """{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}""")).Succeeded();
        (await _insula.CliAsync("rollout", "undo", "sts/db")).Succeeded();
        await EachAsync("db", 2, "two");
        (code, var refused) = await _insula.Api.SendAsync(HttpMethod.Patch, $"/apis/apps/v1/namespaces/default/controllerrevisions/{first["metadata"]!["name"]}", JsonNode.Parse("""{"data":{"spec":{"template":null}}}"""), "application/merge-patch+json");
        Assert.True((int)code == 422, $"{refused}");
        await Loads.DeleteAsync(_insula, "statefulset", "db");
        await Eventually.TrueAsync(async () => (await RevisionsAsync("db")).Count == 0, "the templates go with their set");
    }

    [Fact]
    public async Task As_many_pods_of_a_StatefulSet_are_updated_at_a_time_as_may_be_unavailable()
    {
        await _insula.ApplyAsync(Rolling("one"));
        await Loads.WaitForPodsAsync(_insula, "many", 5, "run", p => Pods.Phase(p) == "Running");
        foreach (var number in (int[])[0, 1, 2, 3, 4])
        {
            await OpenAsync(number);
        }

        var before = (await Loads.WaitForPodsAsync(_insula, "many", 5)).ToDictionary(Loads.Name, Pods.Uid);
        using var watching = new CancellationTokenSource();
        var complete = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var least = LeastReadyAsync("many", 5, complete, watching.Token);
        await complete.Task.WaitAsync(TimeSpan.FromSeconds(30), watching.Token);
        await _insula.ApplyAsync(Rolling("two"));

        // The two of the highest numbers go together, and no other one before one of them is there again.
        await UpdatedAsync("many-4", "many-3");
        await OpenAsync(3);
        await UpdatedAsync("many-4", "many-3", "many-2");
        await OpenAsync(4);
        await UpdatedAsync("many-4", "many-3", "many-2", "many-1");
        await OpenAsync(2);
        await UpdatedAsync("many-4", "many-3", "many-2", "many-1", "many-0");
        await OpenAsync(1);
        await OpenAsync(0);
        await EachAsync("many", 5, "two");
        (await _insula.CliAsync("rollout", "status", "sts/many", "--timeout", "30s")).Succeeded();
        await watching.CancelAsync();
        Assert.Equal(3, await least);
        await Loads.DeleteAsync(_insula, "statefulset", "many");

        // Each is ready when the test says so.
        async Task OpenAsync(int number) => await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", $"many-{number}", "--", "touch", "/open")).ExitCode == 0, $"many-{number} is told");

        async Task UpdatedAsync(params string[] updated)
        {
            var pods = await Eventually.GetAsync(
                () => Loads.AllPodsAsync(_insula, "many"),
                all => all.Count == 5 && updated.All(n => all.Any(p => Loads.Name(p) == n && VersionOf(p) == "two" && Pods.Phase(p) == "Running")) && all.Count(Pods.IsReady) == 3,
                $"{string.Join(", ", updated)} are new, and three pods ready");
            Assert.All(pods.Where(p => !updated.Contains(Loads.Name(p))), p => Assert.Equal((before[Loads.Name(p)], "one", true), (Pods.Uid(p), VersionOf(p), Pods.IsReady(p))));
        }

        static string Rolling(string version) => Loads.Manifest(
            "apps/v1", "StatefulSet", "many",
            new
            {
                replicas = 5,
                serviceName = "peers",
                podManagementPolicy = "Parallel",
                selector = new { matchLabels = new { app = "many" } },
                updateStrategy = new { rollingUpdate = new { maxUnavailable = 2 } },
            },
            null, Loads.Template("many", $"{Manifests.Forever} # {version}", new { readinessProbe = new { exec = new { command = new[] { "test", "-e", "/open" } }, periodMilliseconds = 200 } }));
    }

    // Of every state that there was: the fewest pods that were ready at once, and not being deleted.
    private async Task<int> LeastReadyAsync(string app, int all, TaskCompletionSource complete, CancellationToken ct)
    {
        var ready = new HashSet<string>();
        var least = all;
        try
        {
            using var stream = new StreamReader(await _insula.Api.Http.GetStreamAsync(new Uri($"/api/v1/namespaces/default/pods?watch=true&labelSelector=app%3D{app}", UriKind.Relative), ct));
            while (await stream.ReadLineAsync(ct) is { } line)
            {
                var change = JsonNode.Parse(line)!;
                var pod = change["object"]!;
                _ = (string?)change["type"] != "DELETED" && Pods.IsReady(pod) && pod["metadata"]!["deletionTimestamp"] is null ? ready.Add(Loads.Name(pod)) : ready.Remove(Loads.Name(pod));
                _ = ready.Count == all && complete.TrySetResult();
                least = complete.Task.IsCompleted ? Math.Min(least, ready.Count) : least;
            }
        }
        catch (OperationCanceledException)
        {
            return least;
        }

        throw new InvalidOperationException("the watch has ended");
    }

    [Fact]
    public async Task A_DaemonSet_is_rolled_back()
    {
        await _insula.ApplyAsync(Agent("one"));
        await EachAsync("agent", 1, "one");
        await _insula.ApplyAsync(Agent("two"));
        await EachAsync("agent", 1, "two");
        (await _insula.CliAsync("rollout", "undo", "ds/agent")).Succeeded();
        await EachAsync("agent", 1, "one");
        Assert.Equal([2, 3], (await RevisionsAsync("agent")).Select(r => (int)r["revision"]!));
        await Loads.DeleteAsync(_insula, "daemonset", "agent");
        await Eventually.TrueAsync(async () => (await RevisionsAsync("agent")).Count == 0, "the templates go with their set");

        string Agent(string version) => Loads.Manifest(
            "apps/v1", "DaemonSet", "agent", new { selector = new { matchLabels = new { app = "agent" } } }, null, Loads.Template("agent", $"{Manifests.Forever} # {version}"));
    }

    private Task EachAsync(string app, int count, string version) => Eventually.TrueAsync(
        async () => await Loads.PodsAsync(_insula, app) is var pods && pods.Count == count && pods.All(p => Pods.IsReady(p) && VersionOf(p) == version), $"each pod of {app} is of {version}");

    private async Task<string> VersionAsync(string pod) => VersionOf((await _insula.Api.FindPodAsync(pod))!);

    private static string VersionOf(JsonNode pod) => pod["spec"]!["containers"]![0]!["command"]!.AsArray()[^1]!.ToString().Split("# ")[^1];

    private async Task<IReadOnlyList<JsonNode>> RevisionsAsync(string app) =>
        [.. (await _insula.Api.GetAsync($"/apis/apps/v1/namespaces/default/controllerrevisions?labelSelector=app%3D{app}"))["items"]!.AsArray().Select(r => r!).OrderBy(r => (int)r["revision"]!)];

    private static string StatefulSet(int replicas, string version, int partition) => Loads.Manifest(
        "apps/v1", "StatefulSet", "db",
        new { replicas, serviceName = "peers", selector = new { matchLabels = new { app = "db" } }, updateStrategy = new { rollingUpdate = new { partition } } },
        null, Loads.Template("db", $"{Manifests.Forever} # {version}"));

    private static string StatefulSet(int replicas, string version) => Loads.Manifest(
        "apps/v1", "StatefulSet", "db", new { replicas, serviceName = "peers", selector = new { matchLabels = new { app = "db" } } }, null, Loads.Template("db", $"{Manifests.Forever} # {version}"));
}

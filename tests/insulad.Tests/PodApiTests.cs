using System.Text.Json.Nodes;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class PodApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private static string Pods(string ns) => $"/api/v1/namespaces/{ns}/pods";

    [Fact]
    public async Task An_update_is_not_warned_of_what_the_object_had_before()
    {
        var ns = await api.NamespaceAsync();
        const string pod = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"busybox"}]}}""";
        await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", pod);

        // The daemon has set spec.nodeName, of which an operator who writes it is warned.
        using var label = await api.RawAsync(Patch, $"/api/v1/namespaces/{ns}/pods/a", """{"metadata":{"labels":{"x":"y"}}}""", "application/merge-patch+json");
        Assert.Equal(200, (int)label.StatusCode);
        Assert.False(label.Headers.Contains("Warning"));
    }

    [Fact]
    public async Task A_pod_is_created_read_and_listed()
    {
        var ns = await api.NamespaceAsync();
        var (code, created) = await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web", labels: """{"app":"web"}"""));
        Assert.Equal(201, code);
        Assert.Equal("Pending", (string?)created["status"]!["phase"]);
        Assert.Equal(1, (int)created["metadata"]!["generation"]!);
        var (_, read) = await api.SendAsync(Get, $"{Pods(ns)}/web");
        Assert.Equal(created.ToJsonString(), read.ToJsonString());
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("other"));
        var (_, list) = await api.SendAsync(Get, $"{Pods(ns)}?labelSelector=app%3Dweb");
        Assert.Equal("PodList", (string?)list["kind"]);
        Assert.Equal("web", (string?)Assert.Single(list["items"]!.AsArray())!["metadata"]!["name"]);
        var (_, byField) = await api.SendAsync(Get, $"{Pods(ns)}?fieldSelector=metadata.name!%3Dweb");
        Assert.Equal("other", (string?)Assert.Single(byField["items"]!.AsArray())!["metadata"]!["name"]);
    }

    [Fact]
    public async Task Failures_are_Kubernetes_Statuses()
    {
        var ns = await api.NamespaceAsync();
        var (code, missing) = await api.SendAsync(Get, $"{Pods(ns)}/web");
        Assert.Equal((404, "NotFound", "pods \"web\" not found"), (code, (string?)missing["reason"], (string?)missing["message"]));
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        (code, var twice) = await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        Assert.Equal((409, "AlreadyExists"), (code, (string?)twice["reason"]));
        (code, var badName) = await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("Web_1"));
        Assert.Equal((422, "Invalid", "metadata.name"), (code, (string?)badName["reason"], (string?)badName["details"]!["causes"]![0]!["field"]));
        (code, _) = await api.SendAsync(Post, Pods(ns), "{");
        Assert.Equal(400, code);
        (code, _) = await api.SendAsync(Post, Pods(ns), """{"kind":"Service"}""");
        Assert.Equal(400, code);
        (code, _) = await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("x"), "application/toml");
        Assert.Equal(415, code);
        (code, _) = await api.SendAsync(Post, Pods("nowhere"), ApiFixture.Pod("web"));
        Assert.Equal(404, code);
        (code, _) = await api.SendAsync(Get, "/api/v1/nonsense");
        Assert.Equal(404, code);
        (code, var refused) = await api.SendAsync(Get, "/apis/storage.k8s.io/v1/csidrivers");
        Assert.Equal(404, code);
        Assert.Contains("not supported yet", (string?)refused["message"], StringComparison.Ordinal);
        (code, _) = await api.SendAsync(Put, Pods(ns), "{}");
        Assert.Equal(405, code);
    }

    [Fact]
    public async Task A_body_beyond_3_MiB_is_refused()
    {
        var ns = await api.NamespaceAsync();
        var (code, status) = await api.SendAsync(Post, Pods(ns), new string(' ', (3 << 20) + 1));
        Assert.Equal((413, "RequestEntityTooLarge"), (code, (string?)status["reason"]));
    }

    [Fact]
    public async Task Names_are_generated_from_a_prefix()
    {
        var ns = await api.NamespaceAsync();
        var (code, pod) = await api.SendAsync(Post, Pods(ns), """{"metadata":{"generateName":"job-"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        Assert.Equal(201, code);
        Assert.Matches("^job-[a-z0-9]{5}$", (string?)pod["metadata"]!["name"]);
    }

    [Fact]
    public async Task An_update_at_an_old_version_conflicts_and_status_is_kept_apart()
    {
        var ns = await api.NamespaceAsync();
        var (_, pod) = await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        var stale = pod.DeepClone();
        pod["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
        pod["status"] = new JsonObject { ["phase"] = "Running" };
        var (code, updated) = await api.SendAsync(Put, $"{Pods(ns)}/web", pod.ToJsonString());
        Assert.Equal((200, "b", "Pending"), (code, (string?)updated["metadata"]!["labels"]!["a"], (string?)updated["status"]!["phase"]));
        (code, var conflict) = await api.SendAsync(Put, $"{Pods(ns)}/web", stale.ToJsonString());
        Assert.Equal((409, "Conflict"), (code, (string?)conflict["reason"]));
        updated["status"] = new JsonObject { ["phase"] = "Running" };
        (code, var status) = await api.SendAsync(Put, $"{Pods(ns)}/web/status", updated.ToJsonString());
        Assert.Equal((200, "Running"), (code, (string?)status["status"]!["phase"]));
    }

    [Theory]
    [InlineData("application/json-patch+json", """[{"op":"add","path":"/metadata/labels","value":{"a":"b"}}]""")]
    [InlineData("application/merge-patch+json", """{"metadata":{"labels":{"a":"b"}}}""")]
    [InlineData("application/strategic-merge-patch+json", """{"metadata":{"labels":{"a":"b"}}}""")]
    [InlineData("application/apply-patch+yaml", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"labels\":{\"a\":\"b\"}}}")]
    public async Task All_four_forms_of_patch_change_a_label(string type, string patch)
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        var (code, patched) = await api.SendAsync(Patch, $"{Pods(ns)}/web", patch, type);
        Assert.True(code == 200, patched.ToJsonString());
        Assert.Equal("b", (string?)patched["metadata"]!["labels"]!["a"]);
    }

    [Fact]
    public async Task A_dry_run_answers_and_changes_nothing()
    {
        var ns = await api.NamespaceAsync();
        var (code, pod) = await api.SendAsync(Post, $"{Pods(ns)}?dryRun=All", ApiFixture.Pod("web"));
        Assert.Equal((201, true), (code, pod["metadata"]!["uid"] is not null));
        (code, _) = await api.SendAsync(Get, $"{Pods(ns)}/web");
        Assert.Equal(404, code);
        (code, _) = await api.SendAsync(Post, $"{Pods(ns)}?dryRun=Some", ApiFixture.Pod("web"));
        Assert.Equal(422, code);
    }

    [Fact]
    public async Task Deletion_marks_a_pod_and_only_shortens_its_grace()
    {
        var ns = await api.NamespaceAsync();
        var (_, pod) = await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        var (code, _) = await api.SendAsync(Delete, $"{Pods(ns)}/web", """{"preconditions":{"uid":"other"}}""");
        Assert.Equal(409, code);
        (code, var deleted) = await api.SendAsync(Delete, $"{Pods(ns)}/web");
        Assert.Equal((200, 30), (code, (int)deleted["metadata"]!["deletionGracePeriodSeconds"]!));
        Assert.Equal((string?)pod["metadata"]!["uid"], (string?)deleted["metadata"]!["uid"]);
        (_, deleted) = await api.SendAsync(Delete, $"{Pods(ns)}/web?gracePeriodSeconds=60");
        Assert.Equal(30, (int)deleted["metadata"]!["deletionGracePeriodSeconds"]!);
        (_, deleted) = await api.SendAsync(Delete, $"{Pods(ns)}/web", """{"gracePeriodSeconds":5,"propagationPolicy":"Background"}""");
        Assert.Equal(5, (int)deleted["metadata"]!["deletionGracePeriodSeconds"]!);
        (code, _) = await api.SendAsync(Delete, $"{Pods(ns)}/web?propagationPolicy=Maybe");
        Assert.Equal(422, code);
    }

    [Fact]
    public async Task Lists_come_in_pages()
    {
        var ns = await api.NamespaceAsync();
        for (var i = 0; i < 5; i++)
        {
            await api.SendAsync(Post, Pods(ns), ApiFixture.Pod($"p{i}"));
        }

        var names = new List<string>();
        var token = "";
        var pages = 0;
        do
        {
            var (_, page) = await api.SendAsync(Get, $"{Pods(ns)}?limit=2&continue={token}");
            names.AddRange(page["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!));
            token = (string?)page["metadata"]!["continue"] ?? "";
            pages++;
        }
        while (token.Length > 0);
        Assert.Equal(["p0", "p1", "p2", "p3", "p4"], names);
        Assert.Equal(3, pages);
        var (code, _) = await api.SendAsync(Get, $"{Pods(ns)}?continue=xx");
        Assert.Equal(400, code);
    }

    [Fact]
    public async Task Lists_come_as_tables()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        var (_, table) = await api.SendAsync(Get, Pods(ns), accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        Assert.Equal("Table", (string?)table["kind"]);
        Assert.Equal(["Name", "Ready", "Status", "Restarts", "Age"], table["columnDefinitions"]!.AsArray().Take(5).Select(c => (string)c!["name"]!));
        Assert.Equal("""["web","0/1","Pending","0"]""", new JsonArray([.. table["rows"]![0]!["cells"]!.AsArray().Take(4).Select(c => c!.DeepClone())]).ToJsonString());
        using var refused = await api.RawAsync(Get, Pods(ns), accept: "application/vnd.kubernetes.protobuf");
        Assert.Equal(406, (int)refused.StatusCode);
    }

    [Fact]
    public async Task Stored_kinds_come_with_a_warning()
    {
        var ns = await api.NamespaceAsync();
        using var response = await api.RawAsync(Post, $"/api/v1/namespaces/{ns}/serviceaccounts", """{"metadata":{"name":"robot"}}""");
        Assert.Equal(201, (int)response.StatusCode);
        Assert.Contains(response.Headers.GetValues("Warning"), w => w.StartsWith("299 - \"", StringComparison.Ordinal));
    }
}

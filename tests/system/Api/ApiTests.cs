using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Api;

/// <summary>Kubernetes' REST conventions, against the real daemon.</summary>
public sealed class ApiTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private readonly Instance _insula = fixture.Instance;

    private ApiClient Api => _insula.Api;

    [Fact]
    public async Task Create_get_list_patch_and_delete()
    {
        var (code, created) = await Api.SendAsync(HttpMethod.Post, Pods, Pod("verbs"));
        Assert.Equal(HttpStatusCode.Created, code);
        Assert.NotNull((string?)created!["metadata"]!["uid"]);
        var (again, conflict) = await Api.SendAsync(HttpMethod.Post, Pods, Pod("verbs"));
        Assert.Equal(HttpStatusCode.Conflict, again);
        Assert.Equal("AlreadyExists", (string?)conflict!["reason"]);

        var labels = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["tier"] = "one" } } };
        var (patched, after) = await Api.SendAsync(HttpMethod.Patch, $"{Pods}/verbs", labels, "application/merge-patch+json");
        Assert.Equal(HttpStatusCode.OK, patched);
        Assert.Equal("one", (string?)after!["metadata"]!["labels"]!["tier"]);
        var list = await Api.GetAsync($"{Pods}?labelSelector=tier%3Done");
        Assert.Single(list["items"]!.AsArray());
        Assert.Empty((await Api.GetAsync($"{Pods}?labelSelector=tier%3Dtwo"))["items"]!.AsArray());

        var json = JsonNode.Parse("""[{"op":"test","path":"/metadata/labels/tier","value":"one"},{"op":"replace","path":"/metadata/labels/tier","value":"two"}]""");
        Assert.Equal(HttpStatusCode.OK, (await Api.SendAsync(HttpMethod.Patch, $"{Pods}/verbs", json, "application/json-patch+json")).Code);
        var (deleted, _) = await Api.SendAsync(HttpMethod.Delete, $"{Pods}/verbs?gracePeriodSeconds=0");
        Assert.Equal(HttpStatusCode.OK, deleted);
        await Eventually.TrueAsync(async () => await Api.FindPodAsync("verbs") is null, "gone");
    }

    [Fact]
    public async Task A_stale_version_is_a_conflict_and_nothing_is_lost()
    {
        await Api.SendAsync(HttpMethod.Post, Pods, Pod("stale"));
        var old = (await Api.FindPodAsync("stale"))!;
        await _insula.WaitForReadyAsync("stale");
        old["metadata"]!["labels"] = new JsonObject { ["from"] = "old" };
        var (code, body) = await Api.SendAsync(HttpMethod.Put, $"{Pods}/stale", old);
        Assert.Equal(HttpStatusCode.Conflict, code);
        Assert.Equal("Conflict", (string?)body!["reason"]);
        await _insula.DeletePodAsync("stale");
    }

    [Fact]
    public async Task What_may_not_change_is_refused_with_its_field()
    {
        await Api.SendAsync(HttpMethod.Post, Pods, Pod("fixed"));
        var change = new JsonObject { ["spec"] = new JsonObject { ["hostname"] = "other" } };
        var (code, body) = await Api.SendAsync(HttpMethod.Patch, $"{Pods}/fixed", change, "application/merge-patch+json");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains("spec.hostname", body!.ToJsonString(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("fixed");
    }

    [Fact]
    public async Task A_dry_run_answers_and_stores_nothing()
    {
        var (code, _) = await Api.SendAsync(HttpMethod.Post, $"{Pods}?dryRun=All", Pod("dry"));
        Assert.Equal(HttpStatusCode.Created, code);
        Assert.Null(await Api.FindPodAsync("dry"));
    }

    [Fact]
    public async Task A_watch_tells_every_change_in_order()
    {
        var list = await Api.GetAsync(Pods);
        var since = (string?)list["metadata"]!["resourceVersion"];
        using var response = await Api.Http.GetAsync(
            new Uri($"{Pods}?watch=true&resourceVersion={since}&fieldSelector=metadata.name%3Dwatched", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await Api.SendAsync(HttpMethod.Post, Pods, Pod("watched"));
        await _insula.WaitForReadyAsync("watched");
        await _insula.DeletePodAsync("watched");
        var types = new List<string>();
        var last = 0L;
        while (types.LastOrDefault() != "DELETED")
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            var line = await reader.ReadLineAsync(deadline.Token);
            Assert.NotNull(line);
            var change = JsonNode.Parse(line)!;
            types.Add((string)change["type"]!);
            var version = long.Parse((string)change["object"]!["metadata"]!["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(version > last, "versions grow");
            last = version;
        }

        Assert.Equal("ADDED", types[0]);
        Assert.Contains("MODIFIED", types);
    }

    [Fact]
    public async Task A_watch_from_before_what_is_remembered_is_gone()
    {
        // A crash takes the history: what changed between an old version and now cannot be told any more.
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        var (code, body) = await Api.SendAsync(HttpMethod.Get, $"{Pods}?watch=true&resourceVersion=1&timeoutSeconds=1");
        Assert.True(code == HttpStatusCode.Gone || (int?)body!["object"]?["code"] == 410, body!.ToJsonString());
    }

    [Fact]
    public async Task Finalizers_hold_an_object_until_they_are_taken_away()
    {
        var pod = Pod("held");
        pod["metadata"]!["finalizers"] = new JsonArray("example.com/hold");
        await Api.SendAsync(HttpMethod.Post, Pods, pod);
        await _insula.WaitForReadyAsync("held");
        await Api.SendAsync(HttpMethod.Delete, $"{Pods}/held?gracePeriodSeconds=0");
        await Eventually.TrueAsync(
            async () => (await Api.FindPodAsync("held"))?["metadata"]!["deletionTimestamp"] is not null, "marked for deletion");
        var free = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } };
        await Api.SendAsync(HttpMethod.Patch, $"{Pods}/held", free, "application/merge-patch+json");
        await Eventually.TrueAsync(async () => await Api.FindPodAsync("held") is null, "gone without finalizers");
    }

    [Fact]
    public async Task A_namespace_takes_its_pods_with_it()
    {
        var space = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "doomed" } };
        Assert.Equal(HttpStatusCode.Created, (await Api.SendAsync(HttpMethod.Post, "/api/v1/namespaces", space)).Code);
        Assert.Equal(HttpStatusCode.Created, (await Api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/doomed/pods", Pod("inside", "doomed"))).Code);
        await _insula.WaitForReadyAsync("inside", "doomed");
        await Api.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/doomed");
        await Eventually.TrueAsync(
            async () => (await Api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/doomed")).Code == HttpStatusCode.NotFound, "the namespace is gone");
        Assert.Null(await Api.FindPodAsync("inside", "doomed"));
        var (code, body) = await Api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/nowhere/pods", Pod("x", "nowhere"));
        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.Contains("nowhere", body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discovery_version_and_health()
    {
        Assert.Contains((await Api.GetAsync("/api/v1"))["resources"]!.AsArray(), r => (string?)r!["name"] == "pods");
        Assert.NotNull((await Api.GetAsync("/version"))["gitVersion"]);
        foreach (var path in (string[])["/healthz", "/livez", "/readyz"])
        {
            Assert.Equal(HttpStatusCode.OK, (await Api.SendAsync(HttpMethod.Get, path)).Code);
        }

        var (code, body) = await Api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/pods/none");
        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.Equal("pods \"none\" not found", (string?)body!["message"]);
    }

    [Fact]
    public async Task Logs_have_tails_times_and_the_run_before()
    {
        await _insula.ApplyAsync(Manifests.Pod("logs", "for i in 1 2 3; do echo out $i; done; echo error >&2; trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done"));
        var pod = await _insula.WaitForReadyAsync("logs");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "logs")).Succeeded().Contains("error", StringComparison.Ordinal), "all is written");
        Assert.Equal("out 1\nout 2\nout 3\nerror\n", (await _insula.CliAsync("logs", "logs")).Succeeded());
        Assert.Equal("error\n", (await _insula.CliAsync("logs", "logs", "--tail", "1")).Succeeded());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\S+ error\n$", (await _insula.CliAsync("logs", "logs", "--tail", "1", "--timestamps")).Succeeded());
        Assert.Contains("previous", (await _insula.CliAsync("logs", "logs", "-p")).Failed(), StringComparison.Ordinal);
        await Processes.KillAsync(_insula, pod, "main");
        await _insula.WaitForPodAsync("logs", p => Harness.Pods.Restarts(p, "main") == 1 && Harness.Pods.IsReady(p), "restarted");
        Assert.Contains("out 3", (await _insula.CliAsync("logs", "logs", "-p")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("logs");
    }

    [Fact]
    public async Task Exec_passes_input_output_and_the_exit_code()
    {
        await _insula.ApplyAsync(Manifests.Pod("exec", Manifests.Forever));
        await _insula.WaitForReadyAsync("exec");
        var result = await _insula.CliWithInputAsync("some input", "exec", "-i", "exec", "--", "sh", "-c", "cat; echo oops >&2; exit 42");
        Assert.Equal(42, result.ExitCode);
        Assert.Equal("some input", result.Output);
        Assert.Equal("oops\n", result.Error);
        Assert.Equal(1_000_000, (await _insula.CliAsync("exec", "exec", "--", "sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x")).Succeeded().Length);
        Assert.Contains("no-such-command", (await _insula.CliAsync("exec", "exec", "--", "no-such-command")).Failed(), StringComparison.Ordinal);
        Assert.Contains("not found", (await _insula.CliAsync("exec", "nobody", "--", "true")).Failed(), StringComparison.Ordinal);
        var terminal = await Commands.RunAsync("script", ["-qec", $"{Repository.Program("insula")} exec -it exec -- sh -c 'tty; stty size; exit 5'", "/dev/null"],
            environment: new Dictionary<string, string> { ["INSULA_SOCKET"] = _insula.Socket });
        Assert.Contains("/dev/pts/", terminal.Output, StringComparison.Ordinal);
        await _insula.DeletePodAsync("exec");
    }

    private static JsonObject Pod(string name, string ns = "default")
    {
        var pod = JsonNode.Parse(Manifests.Pod(name, Manifests.Forever))!.AsObject();
        pod["metadata"]!["namespace"] = ns;
        return pod;
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Services;

namespace Insula.SystemTests.Workloads;

/// <summary>Deployments of the real daemon with real pods.</summary>
public sealed class DeploymentTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    /// <summary>How many replicas the large one has: <c>INSULA_REPLICAS</c>, 40 without it.</summary>
    private static readonly int s_many = int.TryParse(Environment.GetEnvironmentVariable("INSULA_REPLICAS"), out var many) ? many : 40;

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Replicas_listen_on_one_port_each_and_are_replaced_and_scaled()
    {
        await _insula.ApplyAsync(Loads.Deployment("web", 3, Loads.Server("one"), container: Loads.Serving));
        (await _insula.CliAsync("rollout", "status", "deployment/web", "--timeout", "30s")).Succeeded();
        var pods = await Loads.WaitForPodsAsync(_insula, "web", 3);
        var answers = new HashSet<string>();
        foreach (var pod in pods)
        {
            answers.Add((await FetchAsync($"http://{Pods.Address(pod)}:8080/")).Trim());
            Assert.Matches("^web-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]{5}$", Loads.Name(pod));
            Assert.Equal("ReplicaSet", (string?)pod["metadata"]!["ownerReferences"]![0]!["kind"]);
        }

        Assert.Equal(pods.Select(p => $"{Loads.Name(p)} one").Order(), answers.Order());
        Assert.Equal("3/3", Cells(await _insula.CliAsync("get", "deploy", "web"))[1]);

        // One is deleted, and another one comes; one is there that nobody made, and goes with the adopted ones.
        (await _insula.CliAsync("delete", "pod", Loads.Name(pods[0]), "--grace-period", "0")).Succeeded();
        var next = await Loads.WaitForPodsAsync(_insula, "web", 3);
        Assert.DoesNotContain(Loads.Name(pods[0]), next.Select(Loads.Name));

        (await _insula.CliAsync("scale", "deployment/web", "--replicas", "5")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "web", 5);
        (await _insula.CliAsync("scale", "deploy", "web", "--replicas", "1", "--current-replicas", "5")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "web", 1);
        Assert.NotEqual(0, (await _insula.CliAsync("scale", "deploy", "web", "--replicas", "2", "--current-replicas", "5")).ExitCode);
        Assert.Contains("ScalingReplicaSet", (await _insula.CliAsync("describe", "deployment", "web")).Succeeded(), StringComparison.Ordinal);
        await Loads.DeleteAsync(_insula, "deployment", "web");
        Assert.Empty((await _insula.Api.GetAsync("/apis/apps/v1/namespaces/default/replicasets"))["items"]!.AsArray());
    }

    [Fact]
    public async Task An_update_loses_no_request_and_can_be_undone()
    {
        const int Replicas = 3;
        await _insula.ApplyAsync(Loads.Deployment("roll", Replicas, Loads.Server("one"), container: Loads.Serving));
        (await _insula.CliAsync("expose", "deployment", "roll", "--port", "80", "--target-port", "http")).Succeeded();
        var address = (string)(await Services.Services.GetAsync(_insula, "roll"))["spec"]!["clusterIP"]!;
        (await _insula.CliAsync("rollout", "status", "deployment/roll", "--timeout", "30s")).Succeeded();
        await Eventually.TrueAsync(async () => (await FetchAsync($"http://{address}/")).EndsWith(" one\n", StringComparison.Ordinal), "the Service answers");

        using var stop = new CancellationTokenSource();
        var asking = AskAlwaysAsync($"http://{address}/", stop.Token);
        var most = 0;
        var least = int.MaxValue;
        var watching = WatchAsync("roll", (ready, all) => (least, most) = (Math.Min(least, ready), Math.Max(most, all)), stop.Token);
        await _insula.ApplyAsync(Loads.Deployment("roll", Replicas, Loads.Server("two"), container: Loads.Serving));
        (await _insula.CliAsync("rollout", "status", "deployment/roll", "--timeout", "60s")).Succeeded();
        Assert.EndsWith(" two\n", await FetchAsync($"http://{address}/"), StringComparison.Ordinal);
        Assert.Equal(["REVISION", "1", "2"], Lines(await _insula.CliAsync("rollout", "history", "deploy/roll")).Skip(1).Select(l => l.Split(' ')[0]));
        (await _insula.CliAsync("rollout", "undo", "deployment/roll")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/roll", "--timeout", "60s")).Succeeded();
        Assert.EndsWith(" one\n", await FetchAsync($"http://{address}/"), StringComparison.Ordinal);
        (await _insula.CliAsync("rollout", "restart", "deployment/roll")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/roll", "--timeout", "60s")).Succeeded();
        await stop.CancelAsync();
        await watching;
        var (count, wrong) = await asking;
        Assert.Empty(wrong);
        Assert.InRange(count, 20, int.MaxValue);
        Assert.InRange(least, Replicas, int.MaxValue);
        Assert.InRange(most, Replicas + 1, Replicas + 1);
        Assert.Equal(["REVISION", "2", "3", "4"], Lines(await _insula.CliAsync("rollout", "history", "deploy/roll")).Skip(1).Select(l => l.Split(' ')[0]));
        await Loads.DeleteAsync(_insula, "deployment", "roll");
        (await _insula.CliAsync("delete", "service", "roll")).Succeeded();
    }

    [Fact]
    public async Task An_update_that_fails_stops_where_it_may_and_says_so()
    {
        await _insula.ApplyAsync(Loads.Deployment("stuck", 4, Loads.Server("one"), container: Loads.Serving));
        (await _insula.CliAsync("rollout", "status", "deployment/stuck", "--timeout", "30s")).Succeeded();
        await _insula.ApplyAsync(Loads.Deployment("stuck", 4, "sleep 1000", new { progressDeadlineSeconds = (int)Math.Ceiling(2 * Eventually.Slowness), strategy = new { rollingUpdate = new { maxSurge = 1, maxUnavailable = 1 } } }, Loads.Serving));
        var status = await _insula.CliAsync("rollout", "status", "deployment/stuck", "--timeout", "60s");
        Assert.Equal(1, status.ExitCode);
        Assert.Contains("exceeded its progress deadline", status.Error, StringComparison.Ordinal);
        var deployment = await Loads.WaitForAsync(_insula, "deployment", "stuck", d => Loads.Condition(d, "Progressing") == "False ProgressDeadlineExceeded", "has failed");
        Assert.Equal("True MinimumReplicasAvailable", Loads.Condition(deployment, "Available"));
        Assert.Equal(3, (int)deployment["status"]!["availableReplicas"]!);
        Assert.Equal(2, (int)deployment["status"]!["updatedReplicas"]!);

        // What was there before comes back.
        (await _insula.CliAsync("rollout", "undo", "deployment/stuck")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/stuck", "--timeout", "60s")).Succeeded();
        Assert.All(await Loads.WaitForPodsAsync(_insula, "stuck", 4), p => Assert.Contains("echo", p["spec"]!.ToJsonString(), StringComparison.Ordinal));
        await Loads.DeleteAsync(_insula, "deployment", "stuck");
    }

    [Fact]
    public async Task A_paused_one_waits_and_goes_on()
    {
        await _insula.ApplyAsync(Loads.Deployment("held", 2, Manifests.Forever));
        (await _insula.CliAsync("rollout", "status", "deployment/held", "--timeout", "30s")).Succeeded();
        (await _insula.CliAsync("rollout", "pause", "deployment/held")).Succeeded();
        await Loads.WaitForAsync(_insula, "deployment", "held", d => Loads.Condition(d, "Progressing") == "Unknown DeploymentPaused", "is paused");
        (await _insula.CliAsync("set", "image", "deployment/held", "main=busybox:latest")).Succeeded();
        (await _insula.CliAsync("scale", "deployment/held", "--replicas", "3")).Succeeded();
        Assert.All(await Loads.WaitForPodsAsync(_insula, "held", 3), p => Assert.Equal("busybox", (string?)p["spec"]!["containers"]![0]!["image"]));
        Assert.Single((await _insula.Api.GetAsync("/apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Dheld"))["items"]!.AsArray());
        (await _insula.CliAsync("rollout", "resume", "deployment/held")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/held", "--timeout", "60s")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "held", 3, "with the new image", p => (string?)p["spec"]!["containers"]![0]!["image"] == "busybox:latest");
        await Loads.DeleteAsync(_insula, "deployment", "held");
    }

    [Fact]
    public async Task Recreate_ends_all_old_pods_first()
    {
        var strategy = new { strategy = new { type = "Recreate" } };
        await _insula.ApplyAsync(Loads.Deployment("anew", 2, Manifests.Forever, strategy));
        (await _insula.CliAsync("rollout", "status", "deployment/anew", "--timeout", "30s")).Succeeded();
        using var stop = new CancellationTokenSource();
        var mixed = 0;
        var watching = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var hashes = (await Loads.AllPodsAsync(_insula, "anew")).Select(p => (string?)p["metadata"]!["labels"]!["pod-template-hash"]).Distinct().Count();
                mixed = Math.Max(mixed, hashes);
                await Task.Delay(5);
            }
        });
        await _insula.ApplyAsync(Loads.Deployment("anew", 2, Manifests.Forever + " # two", strategy));
        (await _insula.CliAsync("rollout", "status", "deployment/anew", "--timeout", "60s")).Succeeded();
        await stop.CancelAsync();
        await watching;
        Assert.Equal(1, mixed);
        await Loads.DeleteAsync(_insula, "deployment", "anew");
    }

    [Fact]
    public async Task A_daemon_killed_in_an_update_goes_on_where_it_was()
    {
        const int Replicas = 4;
        await _insula.ApplyAsync(Loads.Deployment("killed", Replicas, Loads.Server("one"), container: Loads.Serving));
        (await _insula.CliAsync("rollout", "status", "deployment/killed", "--timeout", "30s")).Succeeded();
        await _insula.ApplyAsync(Loads.Deployment("killed", Replicas, Loads.Server("two"), container: Loads.Serving));
        var most = 0;
        for (var i = 0; i < 5; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(150 * i));
            most = Math.Max(most, (await Loads.PodsAsync(_insula, "killed")).Count);
            await _insula.KillDaemonAsync();
            await _insula.StartDaemonAsync();
            most = Math.Max(most, (await Loads.PodsAsync(_insula, "killed")).Count);
        }

        (await _insula.CliAsync("rollout", "status", "deployment/killed", "--timeout", "60s")).Succeeded();
        var pods = await Loads.WaitForPodsAsync(_insula, "killed", Replicas);
        Assert.Single(pods.Select(p => (string?)p["metadata"]!["labels"]!["pod-template-hash"]).Distinct());
        Assert.InRange(most, Replicas, Replicas + 1);
        Assert.Equal(2, (await _insula.Api.GetAsync("/apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Dkilled"))["items"]!.AsArray().Count);
        await Loads.DeleteAsync(_insula, "deployment", "killed");
    }

    [Fact]
    public async Task What_it_made_can_stay_or_go_first()
    {
        await _insula.ApplyAsync(Loads.Deployment("owner", 2, Manifests.Forever));
        var pods = await Loads.WaitForPodsAsync(_insula, "owner", 2);
        (await _insula.CliAsync("delete", "deployment", "owner", "--cascade=orphan")).Succeeded();
        var set = (await _insula.Api.GetAsync("/apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Downer"))["items"]!.AsArray().Single()!;
        Assert.Null(set["metadata"]!["ownerReferences"]);
        Assert.Equal(pods.Select(Loads.Name).Order(), (await Loads.PodsAsync(_insula, "owner")).Select(Loads.Name).Order());

        // Who comes with the same labels and template adopts it all, and keeps it.
        await _insula.ApplyAsync(Loads.Deployment("owner", 2, Manifests.Forever));
        (await _insula.CliAsync("rollout", "status", "deployment/owner", "--timeout", "30s")).Succeeded();
        Assert.Equal(pods.Select(Loads.Name).Order(), (await Loads.PodsAsync(_insula, "owner")).Select(Loads.Name).Order());
        (await _insula.CliAsync("delete", "deployment", "owner", "--cascade=foreground")).Succeeded();
        Assert.Empty(await Loads.AllPodsAsync(_insula, "owner"));
        Assert.Empty((await _insula.Api.GetAsync("/apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Downer"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Pods_that_are_refused_are_not_tried_without_end()
    {
        (await _insula.CliWithInputAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"strict","labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}""", "apply", "-f", "-")).Succeeded();
        var applied = await _insula.CliWithInputAsync(Loads.Deployment("refused", 3, Manifests.Forever), "apply", "-n", "strict", "-f", "-");
        applied.Succeeded();
        Assert.Contains("will be refused", applied.Error, StringComparison.Ordinal);
        var path = "/apis/apps/v1/namespaces/strict/deployments/refused";
        await Eventually.TrueAsync(async () => Loads.Condition(await _insula.Api.GetAsync(path), "ReplicaFailure") == "True FailedCreate", "the refusal is told");
        await Task.Delay(TimeSpan.FromSeconds(2));
        var events = (await _insula.Api.GetAsync("/api/v1/namespaces/strict/events?fieldSelector=reason%3DFailedCreate"))["items"]!.AsArray();
        Assert.InRange(events.Sum(e => (int)e!["count"]!), 1, 4);

        // Allowed, they come at once.
        (await _insula.CliWithInputAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"strict","labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}""", "apply", "-f", "-")).Succeeded();
        await Eventually.TrueAsync(async () => (int?)(await _insula.Api.GetAsync(path))["status"]?["availableReplicas"] == 3, "the pods come", TimeSpan.FromSeconds(10));
        Assert.Null(Loads.Condition(await _insula.Api.GetAsync(path), "ReplicaFailure"));
        (await _insula.CliAsync("delete", "namespace", "strict")).Succeeded();
    }

    [Fact]
    public async Task The_example_does_what_it_says()
    {
        var file = Path.Combine(Repository.Root, "examples", "deployment.yaml");
        (await _insula.CliAsync("apply", "-f", file)).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/site", "--timeout", "30s")).Succeeded();
        var address = (string)(await Services.Services.GetAsync(_insula, "site"))["spec"]!["clusterIP"]!;
        await Eventually.TrueAsync(async () => (await FetchAsync($"http://{address}/")).StartsWith("site-", StringComparison.Ordinal), "a pod answers");
        (await _insula.CliAsync("scale", "deployment/site", "--replicas", "5")).Succeeded();
        (await _insula.CliAsync("set", "image", "deployment/site", "web=busybox:latest")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/site", "--timeout", "60s")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "site", 5, "with the new image", p => (string?)p["spec"]!["containers"]![0]!["image"] == "busybox:latest");
        (await _insula.CliAsync("rollout", "undo", "deployment/site")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/site", "--timeout", "60s")).Succeeded();
        (await _insula.CliAsync("delete", "-f", file)).Succeeded();
        await Eventually.TrueAsync(async () => (await Loads.AllPodsAsync(_insula, "site")).Count == 0, "its pods are gone");
    }

    [Fact]
    public async Task Many_replicas_come_and_go()
    {
        var clock = Stopwatch.StartNew();
        await _insula.ApplyAsync(Loads.Deployment("many", s_many, Manifests.Forever, new { strategy = new { type = "Recreate" } }));
        await Loads.WaitForPodsAsync(_insula, "many", s_many, deadline: TimeSpan.FromSeconds(30 + s_many));
        var up = clock.Elapsed;
        Assert.Equal(s_many, (await Loads.PodsAsync(_insula, "many")).Select(Pods.Address).Distinct().Count());
        clock.Restart();
        (await _insula.CliAsync("scale", "deployment/many", "--replicas", "0")).Succeeded();
        await Eventually.TrueAsync(async () => (await Loads.AllPodsAsync(_insula, "many")).Count == 0, "no pod is left", TimeSpan.FromSeconds(30 + s_many));
        TestContext.Current.SendDiagnosticMessage($"{s_many} replicas: up in {up.TotalSeconds:0.0} s, down in {clock.Elapsed.TotalSeconds:0.0} s");
        await Leaks.AssertNoPodIsLeftAsync(_insula);
        await Loads.DeleteAsync(_insula, "deployment", "many");
    }

    private static string[] Lines(CommandResult result) => result.Succeeded().TrimEnd('\n').Split('\n');

    private static string[] Cells(CommandResult table) => Lines(table)[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private Task<string> FetchAsync(string url) => Web.FetchAsync($"/run/netns/{_insula.NetworkNamespace}", url);

    private async Task<(int Count, List<string> Wrong)> AskAlwaysAsync(string url, CancellationToken stop)
    {
        var wrong = new List<string>();
        var count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            var answer = await FetchAsync(url);
            if (!answer.EndsWith(" one\n", StringComparison.Ordinal) && !answer.EndsWith(" two\n", StringComparison.Ordinal))
            {
                wrong.Add(answer);
            }
        }

        return (count, wrong);
    }

    /// <summary>Sees, again and again, how many pods are ready and how many there are.</summary>
    private async Task WatchAsync(string app, Action<int, int> see, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var pods = await Loads.PodsAsync(_insula, app);
            see(pods.Count(Pods.IsReady), pods.Count);
            await Task.Delay(10, CancellationToken.None);
        }
    }
}

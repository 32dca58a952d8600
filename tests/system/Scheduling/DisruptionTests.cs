using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Workloads;

namespace Insula.SystemTests.Scheduling;

/// <summary>Evictions and drains ask PodDisruptionBudgets.</summary>
public sealed class DisruptionTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task As_many_pods_are_evicted_as_the_budget_allows_however_many_are_asked_for_at_once()
    {
        await _insula.ApplyAsync(Loads.Deployment("kept", 4, Manifests.Forever));
        await _insula.ApplyAsync("""{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"kept"},"spec":{"maxUnavailable":"25%","selector":{"matchLabels":{"app":"kept"}}}}""");
        var pods = await Loads.WaitForPodsAsync(_insula, "kept", 4);
        await Loads.WaitForAsync(_insula, "pdb", "kept", b => (int?)b["status"]?["disruptionsAllowed"] == 1, "one may go");
        Assert.Contains("N/A", (await _insula.CliAsync("get", "pdb", "kept", "--no-headers")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Allowed disruptions", (await _insula.CliAsync("describe", "pdb", "kept")).Succeeded(), StringComparison.Ordinal);

        // Nobody is scheduled meanwhile, so that no successor becomes ready between two of them.
        (await _insula.CliAsync("cordon")).Succeeded();
        var answers = await Task.WhenAll(pods.Select(p => EvictAsync(Loads.Name(p))));
        Assert.Equal([201, 429, 429, 429], answers.Select(a => a.Code).Order());
        var refused = answers.First(a => a.Code == 429).Body!;
        Assert.Equal("Cannot evict pod as it would violate the pod's disruption budget.", (string?)refused["message"]);
        Assert.Equal("The disruption budget kept needs 3 healthy pods and has 3 currently", (string?)refused["details"]!["causes"]![0]!["message"]);
        await Loads.WaitForAsync(_insula, "pdb", "kept", b => (int?)b["status"]?["disruptionsAllowed"] == 0, "no more may go");

        // A drain is held by it, and says so; by force it is not.
        var drain = await _insula.CliAsync("drain", "--pod-selector", "app=kept", "--timeout", "1s");
        drain.Failed();
        Assert.Contains("Cannot evict pod as it would violate the pod's disruption budget.", drain.Error, StringComparison.Ordinal);
        Assert.Contains("--disable-eviction", drain.Error, StringComparison.Ordinal);
        (await _insula.CliAsync("drain", "--pod-selector", "app=kept", "--disable-eviction", "--timeout", "60s")).Succeeded();
        (await _insula.CliAsync("uncordon")).Succeeded();
        (await _insula.CliAsync("delete", "pdb", "kept")).Succeeded();
        await Loads.DeleteAsync(_insula, "deployment", "kept");
    }

    [Fact]
    public async Task Evictions_say_so_on_the_pod_and_what_is_none_is_refused()
    {
        await _insula.ApplyAsync(Manifests.Pod("evicted", "trap : TERM; while :; do sleep 1; done", null, new { terminationGracePeriodSeconds = 3 }));
        await _insula.WaitForReadyAsync("evicted");
        Assert.Equal(400, (await EvictAsync("evicted", """{"kind":"Pod"}""")).Code);
        Assert.Equal(400, (await EvictAsync("evicted", """{"metadata":{"name":"other"}}""")).Code);
        Assert.Equal(400, (await EvictAsync("evicted", """{"deleteOptions":5}""")).Code);
        Assert.Equal(400, (await EvictAsync("evicted", """{"grace":5}""")).Code);
        Assert.Equal(409, (await EvictAsync("evicted", """{"deleteOptions":{"preconditions":{"uid":"other"}}}""")).Code);
        Assert.Equal(404, (await EvictAsync("missing")).Code);
        Assert.Equal(201, (await EvictAsync("evicted", """{"deleteOptions":{"dryRun":["All"]}}""")).Code);
        Assert.Equal(201, (await EvictAsync("evicted")).Code);
        var pod = await _insula.Api.GetAsync("/api/v1/namespaces/default/pods/evicted");
        Assert.Equal("EvictionByEvictionAPI", (string?)pod["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == "DisruptionTarget")!["reason"]);
        Assert.NotNull(pod["metadata"]!["deletionTimestamp"]);
        await _insula.DeletePodAsync("evicted");
    }

    private async Task<(int Code, JsonNode? Body)> EvictAsync(string pod, string body = "{}")
    {
        var answer = await _insula.Api.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/default/pods/{pod}/eviction", JsonNode.Parse(body));
        return ((int)answer.Code, answer.Body);
    }
}

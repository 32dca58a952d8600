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
    public async Task Claims_of_a_StatefulSet_are_refused_by_their_path()
    {
        var manifest = JsonNode.Parse(StatefulSet(1, "one"))!;
        manifest["spec"]!["volumeClaimTemplates"] = new JsonArray(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "data" } });
        var refused = (await _insula.CliWithInputAsync(manifest.ToJsonString(), "apply", "-f", "-")).Failed();
        Assert.Contains("spec.volumeClaimTemplates: not supported: PersistentVolumeClaims are not supported yet", refused, StringComparison.Ordinal);
        Assert.Contains("hostPath", refused, StringComparison.Ordinal);
    }

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

    private static string StatefulSet(int replicas, string version) => Loads.Manifest(
        "apps/v1", "StatefulSet", "db", new { replicas, serviceName = "peers", selector = new { matchLabels = new { app = "db" } } }, null, Loads.Template("db", $"{Manifests.Forever} # {version}"));
}

using System.Text.Json.Nodes;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests.Quotas;

/// <summary>ResourceQuotas and LimitRanges in the way of requests.</summary>
public sealed class QuotaApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Of_many_that_come_at_once_as_many_pass_as_there_is_room_for()
    {
        var ns = await api.NamespaceAsync();
        await QuotaAsync(ns, """{"hard":{"pods":"7","requests.cpu":"1"}}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", Pod($"p{i}", "100m"))));
        Assert.Equal(7, answers.Count(a => a.Code == 201));
        Assert.Equal(33, answers.Count(a => a.Code == 403));
        var (_, list) = await api.SendAsync(Get, $"/api/v1/namespaces/{ns}/pods");
        Assert.Equal(7, list["items"]!.AsArray().Count);
        await UsedAsync(ns, "pods", "7");
        await UsedAsync(ns, "requests.cpu", "700m");
        var (code, status) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", Pod("more", "400m"));
        Assert.Equal(
            (403, "pods \"more\" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=400m, used: pods=7,requests.cpu=700m, limited: pods=7,requests.cpu=1"),
            (code, (string?)status["message"]));
    }

    [Fact]
    public async Task What_goes_or_was_only_tried_makes_room_at_once()
    {
        var ns = await api.NamespaceAsync();
        await QuotaAsync(ns, """{"hard":{"configmaps":"1","count/deployments.apps":"0"}}""");
        var path = $"/api/v1/namespaces/{ns}/configmaps";
        Assert.Equal(201, (await api.SendAsync(Post, path + "?dryRun=All", """{"metadata":{"name":"tried"}}""")).Code);
        Assert.Equal(422, (await api.SendAsync(Post, path, """{"metadata":{"name":"wrong"},"data":{"a/b":"c"}}""")).Code);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(201, (await api.SendAsync(Post, path, """{"metadata":{"name":"one"}}""")).Code);
            Assert.Equal(403, (await api.SendAsync(Post, path, """{"metadata":{"name":"two"}}""")).Code);
            Assert.Equal(403, (await api.SendAsync(Post, path + "?dryRun=All", """{"metadata":{"name":"two"}}""")).Code);
            Assert.Equal(200, (await api.SendAsync(Patch, $"{path}/one", """{"data":{"a":"b"}}""", "application/merge-patch+json")).Code);
            Assert.Equal(200, (await api.SendAsync(Delete, $"{path}/one")).Code);
        }

        var (_, refused) = await api.SendAsync(Post, $"/apis/apps/v1/namespaces/{ns}/deployments",
            """{"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","image":"b"}]}}}}""");
        Assert.Equal(
            "deployments.apps \"d\" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0",
            (string?)refused["message"]);
    }

    [Fact]
    public async Task A_service_that_gets_node_ports_later_is_counted_then()
    {
        var ns = await api.NamespaceAsync();
        await QuotaAsync(ns, """{"hard":{"services.nodeports":"1"}}""");
        var path = $"/api/v1/namespaces/{ns}/services";
        Assert.Equal(201, (await api.SendAsync(Post, path, """{"metadata":{"name":"s"},"spec":{"ports":[{"name":"a","port":1},{"name":"b","port":2}]}}""")).Code);
        var (code, status) = await api.SendAsync(Patch, $"{path}/s", """{"spec":{"type":"NodePort"}}""", "application/merge-patch+json");
        Assert.Equal(403, code);
        Assert.Contains("exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1", (string?)status["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quota_with_a_scope_counts_only_its_pods_and_that_stays()
    {
        var ns = await api.NamespaceAsync();
        await QuotaAsync(ns, """{"hard":{"pods":"0"},"scopes":["BestEffort"]}""");
        Assert.Equal(403, (await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("best"))).Code);
        Assert.Equal(201, (await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", Pod("asks", "1m"))).Code);
        var (code, status) = await api.SendAsync(Patch, $"/api/v1/namespaces/{ns}/resourcequotas/q", """{"spec":{"scopes":["NotBestEffort"]}}""", "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Contains("spec.scopes: Invalid value: \"NotBestEffort\": field is immutable", (string?)status["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_is_given_what_a_LimitRange_gives_before_it_is_judged_and_counted()
    {
        var ns = await api.NamespaceAsync();
        await QuotaAsync(ns, """{"hard":{"limits.memory":"100Mi"}}""");
        var (code, status) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("bare"));
        Assert.Equal((403, "pods \"bare\" is forbidden: failed quota: q: must specify limits.memory for: main"), (code, (string?)status["message"]));
        (code, _) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/limitranges", """{"metadata":{"name":"r"},"spec":{"limits":[{"type":"Container","max":{"memory":"64Mi"}},{"type":"PersistentVolumeClaim","max":{"storage":"1Gi"}}]}}""");
        Assert.Equal(201, code);
        (code, var pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("bare"));
        Assert.Equal((201, "64Mi"), (code, (string?)pod["spec"]!["containers"]![0]!["resources"]!["limits"]!["memory"]));
        Assert.Equal("LimitRanger plugin set: memory request for container main; memory limit for container main", (string?)pod["metadata"]!["annotations"]!["kubernetes.io/limit-ranger"]);
        await UsedAsync(ns, "limits.memory", "64Mi");
        Assert.Equal(403, (await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("second"))).Code);
        (code, status) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods",
            """{"metadata":{"name":"large"},"spec":{"containers":[{"name":"main","image":"b","resources":{"limits":{"memory":"65Mi"}}}]}}""");
        Assert.Equal((403, "pods \"large\" is forbidden: maximum memory usage per Container is 64Mi, but limit is 65Mi"), (code, (string?)status["message"]));
        (code, status) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/persistentvolumeclaims",
            """{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"2Gi"}}}}""");
        Assert.Equal((403, "persistentvolumeclaims \"c\" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"), (code, (string?)status["message"]));
        var (_, table) = await api.SendAsync(Get, $"/api/v1/namespaces/{ns}/resourcequotas", accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal(["q", "", "limits.memory: 64Mi/100Mi"], table["rows"]![0]!["cells"]!.AsArray().Take(3).Select(c => c!.ToString()));
    }

    private static string Pod(string name, string cpu) =>
        $$$$$"""{"metadata":{"name":"{{{{{name}}}}}"},"spec":{"containers":[{"name":"main","image":"busybox","resources":{"requests":{"cpu":"{{{{{cpu}}}}}"}}}]}}""";

    private async Task QuotaAsync(string ns, string spec)
    {
        var (code, body) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/resourcequotas", $$$"""{"metadata":{"name":"q"},"spec":{{{spec}}}}""");
        Assert.True(code == 201, body.ToJsonString());
    }

    private async Task UsedAsync(string ns, string resource, string amount)
    {
        JsonObject quota = [];
        for (var i = 0; i < 100; i++)
        {
            (_, quota) = await api.SendAsync(Get, $"/api/v1/namespaces/{ns}/resourcequotas/q");
            if ((string?)quota["status"]?["used"]?[resource] == amount)
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail(quota.ToJsonString());
    }
}

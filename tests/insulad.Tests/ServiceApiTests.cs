using System.Text.Json.Nodes;

namespace Insulad.Tests;

public sealed class ServiceApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";

    [Fact]
    public async Task A_Service_gets_an_address_keeps_it_and_gives_it_back()
    {
        var path = $"/api/v1/namespaces/{await api.NamespaceAsync()}/services";
        var (code, body) = await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}""");
        Assert.True(code == 201, body.ToJsonString());
        var address = (string?)body["spec"]!["clusterIP"];
        Assert.StartsWith("10.43.", address, StringComparison.Ordinal);
        Assert.Equal((address, 1), ((string?)body["spec"]!["clusterIPs"]![0], (int)body["metadata"]!["generation"]!));

        // An update that does not name it keeps it, also through another type and back.
        (code, body) = await api.SendAsync(HttpMethod.Put, path + "/web", """{"metadata":{"name":"web"},"spec":{"type":"NodePort","selector":{"app":"web"},"ports":[{"port":80}]}}""");
        Assert.True(code == 200, body.ToJsonString());
        Assert.Equal(address, (string?)body["spec"]!["clusterIP"]);
        var nodePort = (int)body["spec"]!["ports"]![0]!["nodePort"]!;
        Assert.InRange(nodePort, 30000, 32767);
        (_, body) = await api.SendAsync(HttpMethod.Get, path, accept: Table);
        Assert.Equal(["web", "NodePort", address, "<none>", $"80:{nodePort}/TCP"], body["rows"]![0]!["cells"]!.AsArray().Take(5).Select(c => c!.ToString()));
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/web", """{"spec":{"type":"ClusterIP"}}""", "application/merge-patch+json");
        Assert.True(code == 200, body.ToJsonString());
        Assert.Null(body["spec"]!["ports"]![0]!["nodePort"]);

        // Another cannot have it, until this one is gone.
        var other = $$$"""{"metadata":{"name":"other"},"spec":{"clusterIP":"{{{address}}}","ports":[{"port":80}]}}""";
        (code, body) = await api.SendAsync(HttpMethod.Post, path, other);
        Assert.Equal(422, code);
        Assert.Contains("spec.clusterIPs[0]: Invalid value", (string?)body["message"], StringComparison.Ordinal);
        Assert.Contains("provided IP is already allocated", (string?)body["message"], StringComparison.Ordinal);
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/web", """{"spec":{"clusterIP":"10.43.0.9"}}""", "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Contains("may not change once set", (string?)body["message"], StringComparison.Ordinal);
        (code, _) = await api.SendAsync(HttpMethod.Delete, path + "/web");
        Assert.Equal(200, code);
        (code, body) = await api.SendAsync(HttpMethod.Post, path, other);
        Assert.True(code == 201, body.ToJsonString());
    }

    [Fact]
    public async Task A_dry_run_takes_nothing()
    {
        var path = $"/api/v1/namespaces/{await api.NamespaceAsync()}/services";
        const string Service = """{"metadata":{"name":"web"},"spec":{"clusterIP":"10.43.0.200","type":"NodePort","ports":[{"port":80,"nodePort":32000}]}}""";
        var (code, body) = await api.SendAsync(HttpMethod.Post, path + "?dryRun=All", Service);
        Assert.True(code == 201, body.ToJsonString());
        (code, body) = await api.SendAsync(HttpMethod.Post, path, Service.Replace("web", "other", StringComparison.Ordinal));
        Assert.True(code == 201, body.ToJsonString());
    }

    [Fact]
    public async Task Endpoints_follow_the_pods()
    {
        var ns = await api.NamespaceAsync();
        await CreatePodAsync(ns, "a", "10.83.0.1", ready: true);
        await CreatePodAsync(ns, "b", "10.83.0.2", ready: false);
        var (code, body) = await api.SendAsync(
            HttpMethod.Post, $"/api/v1/namespaces/{ns}/services", """{"metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":"http"}]}}""");
        Assert.True(code == 201, body.ToJsonString());
        await EndpointsAsync(ns, "10.83.0.1:8080");
        await SetReadyAsync(ns, "b", "10.83.0.2", ready: true);
        await EndpointsAsync(ns, "10.83.0.1:8080,10.83.0.2:8080");
        await SetReadyAsync(ns, "a", "10.83.0.1", ready: false);
        await EndpointsAsync(ns, "10.83.0.2:8080");
        (_, body) = await api.SendAsync(HttpMethod.Get, $"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices", accept: Table);
        Assert.Equal(["IPv4", "8080", "10.83.0.1,10.83.0.2"], Assert.Single(body["rows"]!.AsArray())!["cells"]!.AsArray().Skip(1).Take(3).Select(c => c!.ToString()));

        // What others write there does not stay, and what does not change is not written.
        (code, body) = await api.SendAsync(HttpMethod.Patch, $"/api/v1/namespaces/{ns}/endpoints/web", """{"subsets":[{"addresses":[{"ip":"10.9.9.9"}]}]}""", "application/merge-patch+json");
        Assert.True(code == 200, body.ToJsonString());
        await EndpointsAsync(ns, "10.83.0.2:8080");
        var version = await VersionAsync(ns);
        await SetReadyAsync(ns, "b", "10.83.0.2", ready: true, message: "the same to every Service");
        await CreatePodAsync(ns, "c", "10.83.0.3", ready: true, app: "other");
        await api.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{ns}/services", """{"metadata":{"name":"zeta"},"spec":{"selector":{"app":"other"},"ports":[{"port":80,"targetPort":"http"}]}}""");
        await Eventually(async () => (await api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/endpoints/zeta")).Body["subsets"] is JsonArray);
        Assert.Equal(version, await VersionAsync(ns));

        // With the Service everything goes.
        await api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ns}/services/web");
        await api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ns}/services/zeta");
        await Eventually(async () => (await CountAsync($"/api/v1/namespaces/{ns}/endpoints")) + (await CountAsync($"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices")) == 0);
    }

    [Fact]
    public async Task Without_a_selector_they_are_made_by_hand_and_mirrored()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{ns}/services", """{"metadata":{"name":"out"},"spec":{"ports":[{"port":80}]}}""");
        var (code, body) = await api.SendAsync(
            HttpMethod.Post, $"/api/v1/namespaces/{ns}/endpoints", """{"metadata":{"name":"out"},"subsets":[{"addresses":[{"ip":"192.0.2.1"}],"ports":[{"port":8080}]}]}""");
        Assert.True(code == 201, body.ToJsonString());
        await Eventually(async () =>
        {
            (_, body) = await api.SendAsync(HttpMethod.Get, $"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices?labelSelector=kubernetes.io/service-name=out");
            return body["items"]!.AsArray() is [var slice] && (string?)slice!["endpoints"]![0]!["addresses"]![0] == "192.0.2.1";
        });
        await api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ns}/endpoints/out");
        await Eventually(async () => await CountAsync($"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices") == 0);
    }

    [Fact]
    public async Task Balancers_are_accepted_with_a_warning()
    {
        using var answer = await api.RawAsync(
            HttpMethod.Post, $"/api/v1/namespaces/{await api.NamespaceAsync()}/services", """{"metadata":{"name":"lb"},"spec":{"type":"LoadBalancer","loadBalancerSourceRanges":["192.0.2.0/24"],"ports":[{"port":80}]}}""");
        Assert.Equal(201, (int)answer.StatusCode);
        Assert.Contains("spec.loadBalancerSourceRanges: node ports stay open to all", Assert.Single(answer.Headers.GetValues("Warning")), StringComparison.Ordinal);
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.InRange((int)body["spec"]!["ports"]![0]!["nodePort"]!, 30000, 32767);
    }

    [Fact]
    public async Task Where_a_load_balancer_is_only_the_daemon_says_and_another_type_knows_nothing_of_it()
    {
        var path = $"/api/v1/namespaces/{await api.NamespaceAsync()}/services";
        const string Claim = """{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1","ports":[{"port":80,"protocol":"TCP"}]}]}}}""";
        await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"own"},"spec":{"type":"LoadBalancer","ports":[{"port":80}]}}""");
        var (code, body) = await api.SendAsync(HttpMethod.Patch, $"{path}/own/status", Claim, "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Contains("status.loadBalancer: Forbidden: is the daemon's", (string?)body["message"], StringComparison.Ordinal);

        // Another's is another's to say, until it is none any more: nobody brings it along.
        await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"other"},"spec":{"type":"LoadBalancer","loadBalancerClass":"example.org/ours","ports":[{"port":80}]}}""");
        (code, body) = await api.SendAsync(HttpMethod.Patch, $"{path}/other/status", Claim, "application/merge-patch+json");
        Assert.True(code == 200, body.ToJsonString());
        (code, body) = await api.SendAsync(HttpMethod.Patch, $"{path}/other", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json");
        Assert.Equal("192.0.2.1", (string?)body["status"]!["loadBalancer"]!["ingress"]![0]!["ip"]);
        (code, body) = await api.SendAsync(HttpMethod.Patch, $"{path}/other", """{"spec":{"type":"NodePort"}}""", "application/merge-patch+json");
        Assert.True(code == 200, body.ToJsonString());
        Assert.Equal("{}", body["status"]!["loadBalancer"]!.ToJsonString());
        (_, body) = await api.SendAsync(HttpMethod.Patch, $"{path}/other", """{"spec":{"type":"LoadBalancer"}}""", "application/merge-patch+json");
        Assert.Equal("{}", body["status"]!["loadBalancer"]!.ToJsonString());
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "did not come to be");
            await Task.Delay(10);
        }
    }

    private async Task<int> CountAsync(string path) => (await api.SendAsync(HttpMethod.Get, path)).Body["items"]!.AsArray().Count;

    private async Task<long> VersionAsync(string ns) =>
        long.Parse((string)(await api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/endpoints/web")).Body["metadata"]!["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);

    private async Task EndpointsAsync(string ns, string expected)
    {
        var found = "";
        var deadline = DateTime.UtcNow.AddSeconds(20);
        do
        {
            var (_, body) = await api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/endpoints", accept: Table);
            found = (string?)body["rows"]?.AsArray().FirstOrDefault()?["cells"]?[1] ?? "";
            await Task.Delay(10);
        }
        while (found != expected && DateTime.UtcNow < deadline);
        Assert.Equal(expected, found);
    }

    private async Task CreatePodAsync(string ns, string name, string address, bool ready, string app = "web")
    {
        var (code, body) = await api.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{ns}/pods", $$$"""
            {"metadata":{"name":"{{{name}}}","labels":{"app":"{{{app}}}"}},"spec":{"containers":[{"name":"main","image":"busybox","ports":[{"name":"http","containerPort":8080}]}]}}
            """);
        Assert.True(code == 201, body.ToJsonString());
        await SetReadyAsync(ns, name, address, ready);
    }

    private async Task SetReadyAsync(string ns, string name, string address, bool ready, string message = "")
    {
        var (code, body) = await api.SendAsync(HttpMethod.Patch, $"/api/v1/namespaces/{ns}/pods/{name}/status", $$$"""
            {"status":{"phase":"Running","podIP":"{{{address}}}","message":"{{{message}}}","conditions":[{"type":"Ready","status":"{{{ready}}}"}]}}
            """, "application/merge-patch+json");
        Assert.True(code == 200, body.ToJsonString());
    }
}

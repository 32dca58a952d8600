using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Ingresses;

/// <summary>HAProxy that is not there, comes, and is updated.</summary>
public sealed class InstallationTests
{
    private const string Ingresses = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";

    [Fact]
    public async Task Without_HAProxy_the_Ingress_says_so_and_with_it_is_served_and_an_update_replaces_the_proxy()
    {
        var place = $"/var/tmp/insula-haproxy-{Guid.NewGuid():n}";
        await using var insula = await Instance.StartAsync($"haproxy: {place}");
        try
        {
            await insula.ApplyAsync(Doors.Ingress("web", [("a.example", ["Prefix / web:80"])]));
            var ingress = await WaitAsync(insula, i => i["status"]?["loadBalancer"]?["ingress"]?[0]?["ports"]?[0]?["error"] is not null, "it says that nobody serves it");
            Assert.Equal("insula.dev/HAProxyMissing", (string?)ingress["status"]!["loadBalancer"]!["ingress"]![0]!["ports"]![0]!["error"]);
            var described = (await insula.CliAsync("describe", "ingress", "web")).Succeeded();
            Assert.Contains("HAProxy cannot be used", described, StringComparison.Ordinal);
            Assert.Contains(place, described, StringComparison.Ordinal);

            // The rest works.
            await insula.ApplyAsync(Manifests.Pod("other", Manifests.Forever));
            await insula.WaitForReadyAsync("other");
            await insula.DeletePodAsync("other");
            Assert.Empty((await insula.Api.GetAsync("/api/v1/namespaces/insula-system/pods"))["items"]!.AsArray());

            // It is installed.
            File.Copy("/usr/sbin/haproxy", place);
            await WaitAsync(insula, i => i["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] is not null, "it is served");
            var before = await DigestAsync(insula);

            // It is updated, as package managers do it: another file under the same name. The pod is replaced, the new one first.
            File.Copy("/usr/sbin/haproxy", place + ".new");
            await File.AppendAllTextAsync(place + ".new", "another version");
            File.Move(place + ".new", place, overwrite: true);
            await Eventually.TrueAsync(async () => await DigestAsync(insula) != before, "the Deployment is another", TimeSpan.FromSeconds(60));
            (await insula.CliAsync("rollout", "status", "deployment/insula-ingress", "-n", "insula-system", "--timeout", "60s")).Succeeded();
            (await insula.CliAsync("delete", "ingress", "web")).Succeeded();
            await Eventually.TrueAsync(async () => (await insula.Api.GetAsync("/api/v1/namespaces/insula-system/pods"))["items"]!.AsArray().Count == 0, "the proxy is gone", TimeSpan.FromSeconds(60));
        }
        finally
        {
            File.Delete(place);
        }
    }

    [Fact]
    public async Task Ingresses_of_others_are_left_alone_and_the_class_may_be_another_default()
    {
        await using var insula = await Instance.StartAsync("haproxy: /nowhere");
        var applied = await insula.CliWithInputAsync(Doors.Ingress("theirs", [("a.example", ["Prefix / web:80"])], new { ingressClassName = "nginx" }), "apply", "-f", "-");
        Assert.Contains("there is no IngressClass nginx", applied.Error, StringComparison.Ordinal);
        await insula.ApplyAsync(Doors.Ingress("ours", [("a.example", ["Prefix / web:80"])]));
        await Eventually.TrueAsync(async () => (await insula.Api.GetAsync($"{Ingresses}/ours"))["status"]!.ToJsonString().Contains("HAProxyMissing", StringComparison.Ordinal), "ours says that nobody serves it");
        Assert.Equal("insula", (string?)(await insula.Api.GetAsync($"{Ingresses}/ours"))["spec"]!["ingressClassName"]);
        Assert.Equal("{\"loadBalancer\":{}}", (await insula.Api.GetAsync($"{Ingresses}/theirs"))["status"]!.ToJsonString());

        // Deleted, it stays deleted; without a default nobody serves what names no class.
        (await insula.CliAsync("delete", "ingressclass", "insula")).Succeeded();
        await Eventually.TrueAsync(async () => (await insula.Api.GetAsync($"{Ingresses}/ours"))["status"]!.ToJsonString() == "{\"loadBalancer\":{}}", "nobody serves ours");
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.Empty((await insula.Api.GetAsync("/apis/networking.k8s.io/v1/ingressclasses"))["items"]!.AsArray());
        var none = await insula.CliWithInputAsync(Doors.Ingress("none", [("a.example", ["Prefix / web:80"])]), "apply", "-f", "-");
        Assert.Contains("no IngressClass is the default", none.Error, StringComparison.Ordinal);
        (await insula.CliAsync("delete", "ingress", "--all")).Succeeded();
    }

    private static async Task<JsonNode> WaitAsync(Instance insula, Func<JsonNode, bool> condition, string what) =>
        await Eventually.GetAsync(() => insula.Api.GetAsync($"{Ingresses}/web"), condition, what, TimeSpan.FromSeconds(60));

    private static async Task<string?> DigestAsync(Instance insula) =>
        (string?)(await insula.Api.GetAsync("/apis/apps/v1/namespaces/insula-system/deployments/insula-ingress"))["spec"]!["template"]!["metadata"]!["annotations"]!["insula.dev/program"];
}

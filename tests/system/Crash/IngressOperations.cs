using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Ingresses;

namespace Insula.SystemTests.Crash;

/// <summary>What is done to Ingresses: one comes and brings the proxy with it, one changes while it is served, and the last one goes.</summary>
internal static class IngressOperations
{
    private const string First = "one.example";
    private const string Second = "two.example";
    private const string Nowhere = "198.51.100.20";

    private const string Ingresses = "/apis/networking.k8s.io/v1/namespaces/default/ingresses/door";
    private const string Proxies = "/api/v1/namespaces/insula-system/pods";
    private const string ProxyService = "/api/v1/namespaces/insula-system/services/insula-ingress";

    // The rich pod's own policy lets nobody else in.
    private const string Policy =
        """
        {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"door"},"spec":{"podSelector":{"matchLabels":{"app":"rich"}},
         "ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"insula-system"}}}]}]}}
        """;

    private const string Service = """{"apiVersion":"v1","kind":"Service","metadata":{"name":"elsewhere"},"spec":{"ports":[{"port":80}]}}""";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("open", true, true, world => world.TryAsync(Ingress(First), "apply", "-f", "-"), OpenedAsync, PrepareAsync, RemoveAsync),
        new("reroute", true, true, RerouteAsync, ReroutedAsync, OpenAsync, RemoveAsync),
        new("shut", true, true, world => world.TryAsync(null, "delete", "ingress", "door", "--wait=false"), ShutAsync, OpenAsync, RemoveAsync),
    ];

    private static string Ingress(string host) => Doors.Ingress("door", [(host, ["Prefix / rich:80", "Prefix /elsewhere elsewhere:80"])]);

    private static string Endpoints(string address) =>
        $$"""{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"elsewhere"},"subsets":[{"addresses":[{"ip":"{{address}}"}],"ports":[{"port":8080}]}]}""";

    private static async Task PrepareAsync(CrashWorld world)
    {
        await world.Insula.ApplyAsync(Policy);
        await world.Insula.ApplyAsync(Service);
        await world.Insula.ApplyAsync(Endpoints(Nowhere));
    }

    private static async Task OpenAsync(CrashWorld world)
    {
        await PrepareAsync(world);
        await world.Insula.ApplyAsync(Ingress(First));
        await LeadsToPodAsync(world, First, "/");
    }

    private static async Task OpenedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        Assert.True(!acknowledged || await FindAsync(world, Ingresses) is not null, "an Ingress that was acknowledged is lost");
        await world.ReadyAsync();
        await world.Insula.ApplyAsync(Ingress(First));
        await LeadsToPodAsync(world, First, "/");
        Assert.Contains("nothing at this host", await AskAsync(world, Second, "/"), StringComparison.Ordinal);
    }

    // Another endpoint, which a running HAProxy is told of, and another host, for which it loads its configuration anew.
    private static async Task<bool> RerouteAsync(CrashWorld world) =>
        await world.TryAsync(Endpoints(Pods.Address((await world.FindAsync())!)), "apply", "-f", "-") && await world.TryAsync(Ingress(Second), "apply", "-f", "-");

    private static async Task ReroutedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (acknowledged)
        {
            Assert.Equal(Second, (string?)(await FindAsync(world, Ingresses))?["spec"]!["rules"]![0]!["host"]);
        }

        // A reboot has given the pod another address.
        await world.ReadyAsync();
        Assert.True(await RerouteAsync(world), world.Said);
        await LeadsToPodAsync(world, Second, "/");
        await LeadsToPodAsync(world, Second, "/elsewhere");
        await Eventually.TrueAsync(async () => (await AskAsync(world, First, "/")).Contains("nothing at this host", StringComparison.Ordinal), "the former host is not served");
    }

    private static async Task ShutAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await FindAsync(world, Ingresses) is not null)
        {
            Assert.False(acknowledged, "a deletion that was acknowledged is lost");
            Assert.True(await world.TryAsync(null, "delete", "ingress", "door"), world.Said);
        }

        await GoneAsync(world);
        await world.ReadyAsync();
    }

    private static async Task RemoveAsync(CrashWorld world)
    {
        foreach (var name in (string[])["ingress/door", "service/elsewhere", "networkpolicy/door"])
        {
            (await world.Insula.CliAsync("delete", name, "--ignore-not-found")).Succeeded();
        }

        await GoneAsync(world);
    }

    // The rich pod has no page at any path, and says so in its own words.
    private static Task LeadsToPodAsync(CrashWorld world, string host, string path) => Eventually.TrueAsync(
        async () => (await AskAsync(world, host, path)).Contains("404 Not Found", StringComparison.Ordinal), $"{host}{path} leads to the pod");

    private static async Task<string> AskAsync(CrashWorld world, string host, string path) =>
        await FindAsync(world, ProxyService) is { } service
            ? (await world.Insula.InNetworkAsync("curl", "-s", "--noproxy", "*", "--max-time", "5", "-H", $"Host: {host}", $"http://{service["spec"]!["clusterIP"]}{path}")).Output
            : "";

    private static Task GoneAsync(CrashWorld world) => Eventually.TrueAsync(
        async () => (await world.Insula.Api.GetAsync(Proxies))["items"]!.AsArray().Count == 0
            && (await world.Insula.CliAsync("get", "deployments,services,secrets", "-n", "insula-system", "-o", "name")).Output.Length == 0,
        "the proxy is gone");

    private static async Task<JsonNode?> FindAsync(CrashWorld world, string path) =>
        (await world.Insula.Api.SendAsync(HttpMethod.Get, path)) is { Code: HttpStatusCode.OK } found ? found.Body : null;
}

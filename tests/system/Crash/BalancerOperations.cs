using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>What is done to load balancers: an address is given to a Service, and taken away again.</summary>
internal static class BalancerOperations
{
    /// <summary>The pool of the crash world: one address, so that one that stays with nobody is missed.</summary>
    public const string Pool = "198.51.100.7";

    private const string Path = "/api/v1/namespaces/default/services/front";

    private const string Service =
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"front"},"spec":{"type":"LoadBalancer","externalTrafficPolicy":"Local","allocateLoadBalancerNodePorts":false,"ports":[{"port":80}]}}""";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("balance", false, false, world => world.TryAsync(Service, "apply", "-f", "-"), BalancedAsync),
        new("unbalance", false, false, world => world.TryAsync(null, "delete", "service", "front", "--wait=false"), UnbalancedAsync, GiveAsync),
    ];

    private static async Task BalancedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        Assert.True(!acknowledged || await FindAsync(world) is not null, "a Service that was acknowledged is lost");
        await GiveAsync(world);
        await RemoveAsync(world);
    }

    private static async Task UnbalancedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        Assert.True(!acknowledged || await FindAsync(world) is not { } service || service["metadata"]!["deletionTimestamp"] is not null, "a deletion that was acknowledged is lost");
        await RemoveAsync(world);
    }

    private static async Task GiveAsync(CrashWorld world)
    {
        await world.Insula.ApplyAsync(Service);
        await Eventually.GetAsync(() => FindAsync(world), s => (string?)s?["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] == Pool, "the Service has the address");
        Assert.Contains(Pool, await BoundAsync(world), StringComparison.Ordinal);
    }

    private static async Task RemoveAsync(CrashWorld world)
    {
        await world.Insula.Api.SendAsync(HttpMethod.Delete, Path);
        await Eventually.TrueAsync(async () => await FindAsync(world) is null, "the Service is gone");
        Assert.DoesNotContain(Pool, await BoundAsync(world), StringComparison.Ordinal);
    }

    private static async Task<string> BoundAsync(CrashWorld world) => (await world.Insula.InNetworkAsync("ip", "-o", "-4", "address", "show", "dev", "lo")).Succeeded();

    private static async Task<JsonNode?> FindAsync(CrashWorld world) =>
        (await world.Insula.Api.SendAsync(HttpMethod.Get, Path)) is { Code: HttpStatusCode.OK } found ? found.Body : null;
}

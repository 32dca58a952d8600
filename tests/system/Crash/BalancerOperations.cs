using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>What is done to load balancers: an address is given to a Service, and taken away again.</summary>
internal static class BalancerOperations
{
    /// <summary>The pool of the crash world: one address of each family, so that one that stays with nobody is missed.</summary>
    public const string Pool = "198.51.100.7", PoolV6 = "2001:db8:7::7";

    private const string Path = "/api/v1/namespaces/default/services/front";

    private const string Service =
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"front"},"spec":{"type":"LoadBalancer","ipFamilyPolicy":"RequireDualStack","externalTrafficPolicy":"Local","allocateLoadBalancerNodePorts":false,"ports":[{"port":80}]}}""";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("balance", false, false, world => world.TryAsync(Service, "apply", "-f", "-"), BalancedAsync, null, RemoveAsync),
        new("unbalance", false, false, world => world.TryAsync(null, "delete", "service", "front", "--wait=false"), UnbalancedAsync, GiveAsync),
    ];

    private static async Task BalancedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        Assert.True(!acknowledged || await FindAsync(world) is not null, "a Service that was acknowledged is lost");
        await GiveAsync(world);
    }

    private static async Task UnbalancedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        Assert.True(!acknowledged || await FindAsync(world) is not { } service || service["metadata"]!["deletionTimestamp"] is not null, "a deletion that was acknowledged is lost");
        await RemoveAsync(world);
    }

    private static async Task GiveAsync(CrashWorld world)
    {
        await world.Insula.ApplyAsync(Service);
        await Eventually.GetAsync(
            () => FindAsync(world), s => (s?["status"]?["loadBalancer"]?["ingress"] as JsonArray ?? []).Select(i => (string?)i!["ip"]).SequenceEqual([Pool, PoolV6]), "the Service has the addresses");
        Assert.Equal($"far {PoolV6}\nlo {Pool}\nlo {PoolV6}\noutside {PoolV6}", await BoundAsync(world));
    }

    private static async Task RemoveAsync(CrashWorld world)
    {
        await world.Insula.Api.SendAsync(HttpMethod.Delete, Path);
        await Eventually.TrueAsync(async () => await FindAsync(world) is null, "the Service is gone");
        Assert.Equal("", await BoundAsync(world));
    }

    /// <summary>Which links have which of the pool's addresses: an IPv6 one is on all that announce it.</summary>
    private static async Task<string> BoundAsync(CrashWorld world) => string.Join('\n', (await world.Insula.InNetworkAsync("ip", "-o", "address", "show")).Succeeded()
        .Split('\n').Select(line => line.Split((char[])[' ', '/'], StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 3 && words[3] is Pool or PoolV6)
        .Select(words => $"{words[1]} {words[3]}").Order(StringComparer.Ordinal));

    private static async Task<JsonNode?> FindAsync(CrashWorld world) =>
        (await world.Insula.Api.SendAsync(HttpMethod.Get, Path)) is { Code: HttpStatusCode.OK } found ? found.Body : null;
}

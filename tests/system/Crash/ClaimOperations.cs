using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>What is done to claims: a volume is made for one, and removed with it.</summary>
internal static class ClaimOperations
{
    private const string Claims = "api/v1/namespaces/default/persistentvolumeclaims";
    private const string Name = "lasting";

    private const string Claim =
        """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"lasting"},"spec":{"storageClassName":"now","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"}}}}""";

    private const string Class =
        """{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"now"},"provisioner":"insula.dev/local"}""";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("claim", false, false, world => world.TryAsync(Claim, "apply", "-f", "-"), ClaimedAsync, world => world.Insula.ApplyAsync(Class), RemoveAsync),
        new("unclaim", false, false, world => world.TryAsync(null, "delete", "pvc", Name, "--wait=false"), UnclaimedAsync, FillAsync),
    ];

    /// <summary>What the volumes are called that the API knows.</summary>
    public static IEnumerable<string> Handles(Instance insula) =>
        insula.Api.GetAsync("/api/v1/persistentvolumes").GetAwaiter().GetResult()["items"]!.AsArray().Select(v => (string)v!["spec"]!["csi"]!["volumeHandle"]!);

    private static async Task ClaimedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await FindAsync(world) is null)
        {
            Assert.False(acknowledged, "a claim that was acknowledged is lost");
            await world.Insula.ApplyAsync(Claim);
        }

        await BoundAsync(world);
        Assert.Single(Handles(world.Insula));
    }

    // With what a container may leave there to lead a removal astray.
    private static async Task FillAsync(CrashWorld world)
    {
        await world.Insula.ApplyAsync(Class);
        await world.Insula.ApplyAsync(Claim);
        var volume = (string)(await BoundAsync(world))["spec"]!["volumeName"]!;
        var directory = Path.Combine(world.Insula.Root, "volumes", volume);
        Directory.CreateDirectory(Path.Combine(directory, "some", "where"));
        await File.WriteAllTextAsync(Path.Combine(directory, "some", "file"), "data");
        File.CreateSymbolicLink(Path.Combine(directory, "marks"), world.Insula.Base);
        File.CreateSymbolicLink(Path.Combine(directory, "some", "up"), "../../..");
    }

    private static async Task UnclaimedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await FindAsync(world) is { } claim && claim["metadata"]!["deletionTimestamp"] is null)
        {
            Assert.False(acknowledged, "a deletion that was acknowledged is lost");
        }

        await RemoveAsync(world);
    }

    private static async Task RemoveAsync(CrashWorld world)
    {
        await world.Insula.Api.SendAsync(HttpMethod.Delete, $"/{Claims}/{Name}");
        await Eventually.TrueAsync(async () => await FindAsync(world) is null && !Handles(world.Insula).Any(), "the claim is gone, and its volume");
    }

    private static async Task<JsonNode?> FindAsync(CrashWorld world) =>
        (await world.Insula.Api.SendAsync(HttpMethod.Get, $"/{Claims}/{Name}")) is { Code: HttpStatusCode.OK } found ? found.Body : null;

    private static async Task<JsonNode> BoundAsync(CrashWorld world) =>
        (await Eventually.GetAsync(() => FindAsync(world), claim => (string?)claim?["status"]?["phase"] == "Bound", "the claim is bound"))!;
}

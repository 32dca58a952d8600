using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>A pod passes its limit of ephemeral storage and is evicted: by the same steps as one that goes for others.</summary>
internal static class EvictOperation
{
    private const string Name = "greedy";

    // Storage is measured every ten seconds, and a pod that a reboot has ended writes again first.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static Operation Create() => new("evict", false, false, EvictAsync, EvictedAsync, null, world => world.Insula.DeletePodAsync(Name));

    private static async Task<bool> EvictAsync(CrashWorld world)
    {
        var pod = WorkloadOperations.Template(world, Name, "dd if=/dev/zero of=/tmp/f bs=1M count=4; exec sleep 3600", "Always");
        (pod["apiVersion"], pod["kind"], pod["metadata"]!["name"]) = ("v1", "Pod", Name);
        pod["spec"]!["containers"]![0]!["resources"] = new JsonObject { ["limits"] = new JsonObject { ["ephemeral-storage"] = "1Mi" } };
        var acknowledged = await world.TryAsync(pod.ToJsonString(), "apply", "-f", "-");

        // It is measured at intervals: that somebody dies meanwhile ends the waiting.
        await Eventually.TrueAsync(async () => world.Insula.Failpoints.Fired || world.Insula.HasEnded || (acknowledged && await IsEvictedAsync(world)), "it is evicted, or somebody dies", s_patience);
        return acknowledged;
    }

    private static async Task EvictedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await FindAsync(world) is null)
        {
            Assert.False(acknowledged, "a pod that was acknowledged is lost");
            await EvictAsync(world);
        }

        await Eventually.TrueAsync(() => IsEvictedAsync(world), "it is evicted", s_patience);
    }

    private static async Task<bool> IsEvictedAsync(CrashWorld world) => (string?)(await FindAsync(world))?["status"]?["reason"] == "Evicted";

    private static async Task<JsonNode?> FindAsync(CrashWorld world)
    {
        try
        {
            return (await world.Insula.Api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/pods/{Name}")) is { Code: HttpStatusCode.OK } found ? found.Body : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The daemon is dying.
            return null;
        }
    }
}

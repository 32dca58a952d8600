using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>A pod of more priority takes the place of another.</summary>
internal static class DisplaceOperation
{
    private const string Class = """{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"high"},"value":100}""";

    // Two of these do not fit, whatever else there is.
    private static string Cpu { get; } = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount * 600}m");

    public static Operation Create() => new(
        "displace", false, false, world => world.TryAsync(Pod(world, "high", "high"), "apply", "-f", "-"), DisplacedAsync, MakeLowAsync, world => world.Insula.DeletePodAsync("high"));

    private static async Task MakeLowAsync(CrashWorld world)
    {
        await world.Insula.ApplyAsync(Class);
        await world.Insula.ApplyAsync(Pod(world, "low", null));
        await world.Insula.WaitForReadyAsync("low");
    }

    private static async Task DisplacedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await FindAsync(world, "high") is null)
        {
            Assert.False(acknowledged, "a pod that was acknowledged is lost");
            await world.Insula.ApplyAsync(Pod(world, "high", "high"));
        }

        await world.Insula.WaitForReadyAsync("high");
        Assert.Null(await FindAsync(world, "low"));
        await world.Audit.AssertAgreementAsync("once one has the other's place");
    }

    private static async Task<JsonNode?> FindAsync(CrashWorld world, string name) =>
        (await world.Insula.Api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/pods/{name}")) is { Code: HttpStatusCode.OK } found ? found.Body : null;

    private static string Pod(CrashWorld world, string name, string? priorityClassName)
    {
        var pod = WorkloadOperations.Template(world, name, "exec sleep 3600", "Always");
        (pod["apiVersion"], pod["kind"], pod["metadata"]!["name"]) = ("v1", "Pod", name);
        pod["spec"]!["priorityClassName"] = priorityClassName;
        pod["spec"]!["containers"]![0]!["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = Cpu } };
        return pod.ToJsonString();
    }
}

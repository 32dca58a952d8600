using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Services;

/// <summary>Small Service manifests, and what tests ask of Services.</summary>
internal static class Services
{
    /// <summary>A Service of the name for pods with the label <c>app: APP</c>; the rest of its spec may be set.</summary>
    public static string Manifest(string name, string? app, object? spec = null, params object[] ports)
    {
        var body = new JsonObject { ["ports"] = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(ports)) };
        if (app is not null)
        {
            body["selector"] = new JsonObject { ["app"] = app };
        }

        foreach (var (key, value) in spec is null ? [] : JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(spec))!.AsObject())
        {
            body[key] = value?.DeepClone();
        }

        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = body }.ToJsonString();
    }

    /// <summary>The Service as the daemon has it.</summary>
    public static async Task<JsonNode> GetAsync(Instance insula, string name) =>
        JsonNode.Parse((await insula.CliAsync("get", "service", name, "-o", "json")).Succeeded())!;

    /// <summary>Waits until the Endpoints of a Service have these ready addresses with their ports.</summary>
    public static Task WaitForEndpointsAsync(Instance insula, string name, params IEnumerable<string> expected) => Eventually.GetAsync(
        async () =>
        {
            var found = await insula.CliAsync("get", "endpoints", name, "-o", "json");
            return found.ExitCode != 0 ? "none" : string.Join(',', (JsonNode.Parse(found.Succeeded())!["subsets"] as JsonArray ?? [])
                .SelectMany(s => (s!["addresses"] as JsonArray ?? []).SelectMany(a => (s["ports"] as JsonArray ?? []).Select(p => $"{a!["ip"]}:{p!["port"]}"))).Order());
        },
        text => text == string.Join(',', expected.Order()),
        $"the Service {name} has the endpoints {string.Join(',', expected)}");
}

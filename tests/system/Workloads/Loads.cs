using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Workloads;

/// <summary>Small workload manifests, and what tests ask of workloads.</summary>
internal static class Loads
{
    /// <summary>Listens on port 8080, the same in every pod, and says its name and its version.</summary>
    public static string Server(string version) =>
        $"mkdir /www; echo \"$(hostname) {version}\" > /www/index.html; exec httpd -f -p 8080 -h /www";

    /// <summary>A Deployment with the label <c>app: NAME</c>, whose one container runs a script; the rest of it may be set.</summary>
    public static string Deployment(string name, int replicas, string script, object? spec = null, object? container = null, object? pod = null) =>
        Manifest("apps/v1", "Deployment", name, new { replicas, selector = new { matchLabels = new { app = name } } }, spec, Template(name, script, container, pod));

    /// <summary>What pods are made from.</summary>
    public static JsonObject Template(string name, string script, object? container = null, object? pod = null)
    {
        var made = JsonNode.Parse(Manifests.Pod(name, script, container, pod, new { labels = new { app = name } }))!.AsObject();
        made["metadata"]!.AsObject().Remove("name");
        return new JsonObject { ["metadata"] = made["metadata"]!.DeepClone(), ["spec"] = made["spec"]!.DeepClone() };
    }

    /// <summary>A workload of a kind.</summary>
    public static string Manifest(string version, string kind, string name, object spec, object? more, JsonObject template)
    {
        var body = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(spec))!.AsObject();
        foreach (var (key, value) in more is null ? [] : JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(more))!.AsObject())
        {
            body[key] = value?.DeepClone();
        }

        body["template"] = template;
        return new JsonObject { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = body }.ToJsonString();
    }

    /// <summary>Readiness by the port, looked at often; and, before the end, time for those who still come.</summary>
    public static object Serving { get; } = new
    {
        ports = new[] { new { name = "http", containerPort = 8080 } },
        readinessProbe = new { tcpSocket = new { port = 8080 }, periodMilliseconds = 100 },
        lifecycle = new { preStop = new { sleep = new { seconds = 1 } } },
    };

    /// <summary>An object as the daemon has it.</summary>
    public static async Task<JsonNode> GetAsync(Instance insula, string kind, string name) =>
        JsonNode.Parse((await insula.CliAsync("get", kind, name, "-o", "json")).Succeeded())!;

    /// <summary>The pods of a workload, by its label, that are not being deleted.</summary>
    public static async Task<IReadOnlyList<JsonNode>> PodsAsync(Instance insula, string app) =>
        [.. (await AllPodsAsync(insula, app)).Where(p => p["metadata"]!["deletionTimestamp"] is null)];

    /// <summary>The same with those that are being deleted.</summary>
    public static async Task<IReadOnlyList<JsonNode>> AllPodsAsync(Instance insula, string app) =>
        [.. (await insula.Api.GetAsync($"/api/v1/namespaces/default/pods?labelSelector=app%3D{app}"))["items"]!.AsArray().Select(p => p!)];

    public static Task<IReadOnlyList<JsonNode>> WaitForPodsAsync(Instance insula, string app, int count, string what = "ready", Func<JsonNode, bool>? condition = null, TimeSpan? deadline = null) =>
        Eventually.GetAsync(() => PodsAsync(insula, app), pods => pods.Count == count && pods.All(condition ?? Pods.IsReady), $"{count} pods of {app}: {what}", deadline);

    public static Task<JsonNode> WaitForAsync(Instance insula, string kind, string name, Func<JsonNode, bool> condition, string what, TimeSpan? deadline = null) =>
        Eventually.GetAsync(() => GetAsync(insula, kind, name), condition, $"{kind} {name}: {what}", deadline);

    /// <summary>The reason of a condition, with its status.</summary>
    public static string? Condition(JsonNode workload, string type) =>
        (workload["status"]?["conditions"]?.AsArray() ?? []).FirstOrDefault(c => (string?)c!["type"] == type) is { } found ? $"{found["status"]} {found["reason"]}" : null;

    public static string Name(JsonNode workload) => (string)workload["metadata"]!["name"]!;

    /// <summary>Deletes a workload, and waits until its pods are gone.</summary>
    public static async Task DeleteAsync(Instance insula, string kind, string name)
    {
        (await insula.CliAsync("delete", kind, name)).Succeeded();
        await Eventually.TrueAsync(async () => (await AllPodsAsync(insula, name)).Count == 0, $"the pods of {name} are gone");
    }
}

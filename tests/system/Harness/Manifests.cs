using System.Text.Json.Nodes;

namespace Insula.SystemTests.Harness;

/// <summary>Small Pod manifests, as JSON (which is YAML too).</summary>
public static class Manifests
{
    /// <summary>A pod with one container "main" running a shell script; the rest of both may be set.</summary>
    public static string Pod(
        string name, string script, object? container = null, object? spec = null, object? metadata = null)
    {
        var main = new JsonObject
        {
            ["name"] = "main",
            ["image"] = "busybox",
            ["imagePullPolicy"] = "IfNotPresent",
            ["command"] = new JsonArray("sh", "-c", script),
        };
        Merge(main, container);
        var body = new JsonObject { ["containers"] = new JsonArray(main), ["terminationGracePeriodSeconds"] = 5 };
        Merge(body, spec);
        var meta = new JsonObject { ["name"] = name };
        Merge(meta, metadata);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = meta,
            ["spec"] = body,
        }.ToJsonString();
    }

    /// <summary>Runs until it is told to stop, and stops at once.</summary>
    public const string Forever = "trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done";

    private static void Merge(JsonObject into, object? more)
    {
        if (more is null)
        {
            return;
        }

        foreach (var (key, value) in JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(more))!.AsObject())
        {
            into[key] = value?.DeepClone();
        }
    }
}

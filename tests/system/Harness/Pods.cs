using System.Text.Json.Nodes;

namespace Insula.SystemTests.Harness;

/// <summary>Reads what tests ask of a Pod object.</summary>
public static class Pods
{
    public static string? Phase(JsonNode pod) => (string?)pod["status"]?["phase"];

    public static string Uid(JsonNode pod) => (string)pod["metadata"]!["uid"]!;

    public static string Address(JsonNode pod) =>
        (string?)pod["status"]?["podIP"] ?? throw new InvalidOperationException($"no podIP in {pod}");

    public static bool IsReady(JsonNode pod) => Condition(pod, "Ready") == "True";

    public static string? Condition(JsonNode pod, string type) =>
        (string?)pod["status"]?["conditions"]?.AsArray().FirstOrDefault(c => (string?)c!["type"] == type)?["status"];

    public static JsonNode? Container(JsonNode pod, string name) =>
        (pod["status"]?["containerStatuses"]?.AsArray() ?? []).Concat(pod["status"]?["initContainerStatuses"]?.AsArray() ?? [])
            .FirstOrDefault(c => (string?)c!["name"] == name);

    public static int Restarts(JsonNode pod, string container) => (int?)Container(pod, container)?["restartCount"] ?? 0;

    public static bool IsRunning(JsonNode pod, string container) =>
        Container(pod, container)?["state"]?["running"] is not null;
}

using System.Text.Json.Nodes;

namespace Insula.Api.Nodes;

/// <summary>A machine that takes no further pods: <c>spec.unschedulable</c>, and the taint that says the same.</summary>
public static class Cordon
{
    /// <summary>The taint's key.</summary>
    public const string Key = "node.kubernetes.io/unschedulable";

    /// <summary>The taint's effect.</summary>
    public const string Effect = "NoSchedule";

    /// <summary>Brings the taint in line with <c>spec.unschedulable</c>.</summary>
    /// <param name="node">A Node; changed in place.</param>
    public static void Mark(JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node["spec"] is not JsonObject spec)
        {
            return;
        }

        var closed = spec["unschedulable"] is JsonValue value && value.TryGetValue(out bool isClosed) && isClosed;
        JsonNode[] taints =
        [
            .. (spec["taints"] as JsonArray ?? []).OfType<JsonObject>().Where(t => (t["key"], t["effect"]) is not ({ } key, { } effect) || (key.ToString(), effect.ToString()) != (Key, Effect)).Select(t => t.DeepClone()),
            .. closed ? [new JsonObject { ["key"] = Key, ["effect"] = Effect }] : Array.Empty<JsonNode>(),
        ];
        if (taints.Length > 0)
        {
            spec["taints"] = new JsonArray(taints);
        }
        else
        {
            spec.Remove("taints");
        }
    }

    /// <summary>Whether a pod with these tolerations gets a place all the same.</summary>
    public static bool IsTolerated(IReadOnlyList<Toleration> tolerations) => tolerations.Any(t =>
        (t.Effect is null or "" or Effect)
        && (t.Operator == Toleration.Exists ? t.Key is null or "" or Key : t.Key == Key && (t.Operator is null or "" or Toleration.Equal) && string.IsNullOrEmpty(t.Value)));
}

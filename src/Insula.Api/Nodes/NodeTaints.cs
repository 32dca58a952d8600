using System.Text.Json.Nodes;

namespace Insula.Api.Nodes;

/// <summary>The taints of a Node as a document, which need not be a valid one.</summary>
internal static class NodeTaints
{
    /// <summary>Key and effect of each.</summary>
    public static IReadOnlyList<(string Key, string Effect)> Of(JsonObject node) =>
        [.. (node["spec"]?["taints"] as JsonArray ?? []).OfType<JsonObject>().Where(t => t["key"] is not null && t["effect"] is not null).Select(Name)];

    /// <summary>Has some of them be exactly those that are named; the others stay, in front of them.</summary>
    /// <param name="node">Changed in place.</param>
    /// <param name="isOne">Which are meant, by key and effect.</param>
    /// <param name="effect">The effect of those.</param>
    /// <param name="keys">Those that are to be there.</param>
    public static void Set(JsonObject node, Func<string, string, bool> isOne, string effect, IEnumerable<string> keys)
    {
        if (node["spec"] is not JsonObject spec)
        {
            return;
        }

        JsonNode[] taints =
        [
            .. (spec["taints"] as JsonArray ?? []).OfType<JsonObject>().Where(t => Name(t) is var (key, ofThis) && !isOne(key, ofThis)).Select(t => t.DeepClone()),
            .. keys.Select(key => new JsonObject { ["key"] = key, ["effect"] = effect }),
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

    private static (string Key, string Effect) Name(JsonObject taint) => (taint["key"]?.ToString() ?? "", taint["effect"]?.ToString() ?? "");
}

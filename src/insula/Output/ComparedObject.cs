using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>Objects as they are compared: fields in order, without what every write changes, and no value of a Secret.</summary>
internal static class ComparedObject
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string Hidden = "***";

    /// <summary>An object with its fields in alphabetical order, without what is kept of applies and what is counted.</summary>
    public static JsonObject Plain(JsonObject document)
    {
        var plain = Sorted(document)!.AsObject();
        if (plain["metadata"] is JsonObject metadata)
        {
            metadata.Remove("managedFields");
            metadata.Remove("resourceVersion");

            // The whole manifest again, a Secret's values included.
            if (metadata["annotations"] is JsonObject annotations && annotations.Remove(LastApplied) && annotations.Count == 0)
            {
                metadata.Remove("annotations");
            }
        }

        return plain;
    }

    /// <summary>Replaces the values of Secrets such that one still sees which differ.</summary>
    public static void HideSecrets(JsonObject? before, JsonObject? after)
    {
        foreach (var field in (ReadOnlySpan<string>)["data", "stringData"])
        {
            var (old, now) = (Values(before, field), Values(after, field));
            foreach (var key in (old ?? []).Concat(now ?? []).Select(v => v.Key).Distinct().ToList())
            {
                var differs = old?.ContainsKey(key) == true && now?.ContainsKey(key) == true && !JsonNode.DeepEquals(old[key], now[key]);
                if (old?.ContainsKey(key) == true)
                {
                    old[key] = differs ? $"{Hidden} (before)" : Hidden;
                }

                if (now?.ContainsKey(key) == true)
                {
                    now[key] = differs ? $"{Hidden} (after)" : Hidden;
                }
            }
        }
    }

    private static JsonObject? Values(JsonObject? document, string field) =>
        (string?)document?["kind"] == "Secret" ? document[field] as JsonObject : null;

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}

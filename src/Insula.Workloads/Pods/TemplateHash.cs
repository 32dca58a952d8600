using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Workloads;

namespace Insula.Workloads.Pods;

/// <summary>Short names for templates, in the letters that Kubernetes uses for its own (apimachinery rand.SafeEncodeString).</summary>
public static class TemplateHash
{
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The hash of a template; the order of fields and the hash label do not matter.</summary>
    /// <param name="template">The template.</param>
    /// <param name="collisions">How often names made from it were taken already; null for never.</param>
    public static string Of(JsonObject template, int? collisions = null)
    {
        // FNV-1a, 32 bits: as Kubernetes has it, though of another text.
        var hash = 2166136261u;
        foreach (var octet in Encoding.UTF8.GetBytes(Canonical(Plain(template)) + (collisions is { } count ? string.Create(CultureInfo.InvariantCulture, $"#{count}") : "")))
        {
            hash = unchecked((hash ^ octet) * 16777619u);
        }

        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => Letters[digit % Letters.Length]));
    }

    /// <summary>Whether two templates are the same but for the hash label.</summary>
    public static bool Same(JsonObject left, JsonObject right) => JsonNode.DeepEquals(Plain(left), Plain(right));

    private static JsonObject Plain(JsonObject template)
    {
        var plain = template.DeepClone().AsObject();
        if (plain["metadata"] is JsonObject metadata)
        {
            if (metadata["labels"] is JsonObject labels)
            {
                labels.Remove(WorkloadLabels.TemplateHash);
            }

            foreach (var empty in metadata.Where(p => p.Value is null or JsonObject { Count: 0 }).Select(p => p.Key).ToList())
            {
                metadata.Remove(empty);
            }

            if (metadata.Count == 0)
            {
                plain.Remove("metadata");
            }
        }

        return plain;
    }

    private static string Canonical(JsonNode? node) => node switch
    {
        JsonObject map => "{" + string.Join(',', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{JsonValue.Create(p.Key).ToJsonString()}:{Canonical(p.Value)}")) + "}",
        JsonArray list => "[" + string.Join(',', list.Select(Canonical)) + "]",
        null => "null",
        _ => node.ToJsonString(),
    };
}

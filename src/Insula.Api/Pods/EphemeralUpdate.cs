using System.Text.Json.Nodes;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>
/// What may become of a pod's ephemeral containers: through their subresource some may be added, and nothing else; through the pod nothing.
/// </summary>
public static class EphemeralUpdate
{
    /// <summary>The subresource.</summary>
    public const string Subresource = "ephemeralcontainers";

    private const string Field = "ephemeralContainers";

    /// <summary>The pod as it is, with the ephemeral containers that are proposed.</summary>
    public static JsonObject Take(JsonObject old, JsonObject proposed)
    {
        var result = old.DeepClone().AsObject();
        if (result["spec"] is JsonObject spec)
        {
            // None are not those that are there.
            spec[Field] = proposed["spec"]?[Field]?.DeepClone() ?? (spec[Field] is null ? null : new JsonArray());
        }

        if (proposed["metadata"]?["resourceVersion"] is { } version)
        {
            result["metadata"]!["resourceVersion"] = version.DeepClone();
        }

        return result;
    }

    /// <summary>Keeps what a document does not name.</summary>
    public static void CarryOver(JsonObject old, JsonObject document)
    {
        if (document["spec"] is JsonObject spec && spec[Field] is null && old["spec"]?[Field] is { } there)
        {
            spec[Field] = there.DeepClone();
        }
    }

    /// <summary>What is wrong with a change of them through the subresource.</summary>
    public static IReadOnlyList<FieldError> Validate(JsonObject old, JsonObject changed)
    {
        var path = $"spec.{Field}";
        var after = Named(changed);
        return
        [
            .. from before in Named(old)
               let now = after.GetValueOrDefault(before.Key)
               where !JsonNode.DeepEquals(before.Value, now)
               select FieldError.Forbidden(path, now is null ? $"existing ephemeral containers \"{before.Key}\" may not be removed" : $"existing ephemeral containers \"{before.Key}\" may not be changed"),
        ];
    }

    private static Dictionary<string, JsonNode> Named(JsonObject pod) =>
        (pod["spec"]?[Field] as JsonArray ?? []).OfType<JsonObject>().DistinctBy(c => (string?)c["name"]).ToDictionary(c => (string?)c["name"] ?? "", c => (JsonNode)c);
}

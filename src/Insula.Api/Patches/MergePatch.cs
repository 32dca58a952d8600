using System.Text.Json.Nodes;

namespace Insula.Api.Patches;

/// <summary>JSON merge patches (RFC 7386).</summary>
public static class MergePatch
{
    /// <summary>The target with the patch applied; the target is left as it was.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var result = target is JsonObject old ? old.DeepClone().AsObject() : [];
        foreach (var (name, change) in changes)
        {
            if (change is null)
            {
                result.Remove(name);
            }
            else
            {
                result[name] = Apply(result[name], change);
            }
        }

        return result;
    }

    /// <summary>
    /// The patch that turns one document into another. A null inside the second cannot be expressed and is left out.
    /// </summary>
    public static JsonObject Create(JsonObject from, JsonObject to)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in to)
        {
            if (value is null || JsonNode.DeepEquals(from[name], value))
            {
                continue;
            }

            patch[name] = value is JsonObject newer && from[name] is JsonObject older
                ? Create(older, newer)
                : value.DeepClone();
        }

        foreach (var (name, value) in from)
        {
            if (value is not null && to[name] is null)
            {
                patch[name] = null;
            }
        }

        return patch;
    }
}

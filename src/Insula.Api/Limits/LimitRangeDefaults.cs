using System.Text.Json.Nodes;

namespace Insula.Api.Limits;

/// <summary>Fills in what a LimitRange does not say, as Kubernetes does.</summary>
public static class LimitRangeDefaults
{
    /// <summary>For containers: the default limit is the maximum, the default request the default limit, or else the minimum.</summary>
    /// <param name="document">A decoded LimitRange; changed in place, and returned.</param>
    public static JsonObject Apply(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        foreach (var item in (document["spec"]?["limits"] as JsonArray ?? []).OfType<JsonObject>().Where(i => i["type"]?.ToString() == LimitTypes.Container))
        {
            Fill(item, "default", item["max"]);
            Fill(item, "defaultRequest", item["default"]);
            Fill(item, "defaultRequest", item["min"]);
        }

        return document;
    }

    private static void Fill(JsonObject item, string name, JsonNode? from)
    {
        if (from is not JsonObject amounts || amounts.Count == 0)
        {
            return;
        }

        if (item[name] is not JsonObject target)
        {
            item[name] = target = [];
        }

        foreach (var (resource, amount) in amounts)
        {
            target[resource] ??= amount?.DeepClone();
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Schema;

namespace Insula.Api.Patches;

/// <summary>
/// Applies a manifest to an object by a three-way merge, as <c>kubectl apply</c> does. What the manifest says holds;
/// what the manifest said last time and no longer says is removed; what it never said (defaults, status, other
/// clients' labels) stays. Lists with a merge key are merged item by item: the manifest's items in its order, then
/// those it never named. What the manifest said last time is kept in an annotation of the object.
/// </summary>
public static class ThreeWayApply
{
    /// <summary>The annotation that holds the manifest last applied; kubectl's, so that both can be used on one object.</summary>
    public const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private static readonly string[] _serverMetadata =
        ["uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"];

    /// <summary>The object to create from a manifest: with the annotation, without what only the server writes.</summary>
    public static JsonObject ForCreate(JsonObject desired)
    {
        var clean = Clean(desired);
        var text = Canonical(clean);
        Annotations(clean)[LastApplied] = text;
        return clean;
    }

    /// <summary>Merges a manifest into the object that is there.</summary>
    /// <param name="live">The object as it is.</param>
    /// <param name="desired">The manifest, decoded.</param>
    /// <param name="type">The fields of the object; see <see cref="Schemas.For"/>.</param>
    public static ApplyResult Apply(JsonObject live, JsonObject desired, ObjectType? type)
    {
        var wanted = ForCreate(desired);
        var merged = Map(Last(live), live, wanted, type);
        return new(merged, !JsonNode.DeepEquals(live, merged));
    }

    /// <summary>The bare three-way merge without the annotation: what <paramref name="last"/> had and <paramref name="desired"/> has not goes from <paramref name="live"/>.</summary>
    public static JsonObject Merge(JsonObject? last, JsonObject live, JsonObject desired, ObjectType? type) => Map(last, live, desired, type);

    /// <summary>The manifest last applied to an object; null when none was, or when the annotation is no JSON.</summary>
    public static JsonObject? Last(JsonObject live)
    {
        if (((live["metadata"] as JsonObject)?["annotations"] as JsonObject)?[LastApplied] is not JsonValue value || !value.TryGetValue(out string? text))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Somebody wrote the annotation by hand. Without it nothing is removed, which is the safe side.
            return null;
        }
    }

    private static JsonObject Map(JsonObject? last, JsonObject live, JsonObject desired, ObjectType? type)
    {
        var result = live.DeepClone().AsObject();
        foreach (var (name, value) in last ?? [])
        {
            if (value is not null && desired[name] is null)
            {
                result.Remove(name);
            }
        }

        foreach (var (name, value) in desired)
        {
            var field = type?.Find(name);
            result[name] = (value, live[name]) switch
            {
                (JsonObject wanted, JsonObject present) =>
                    Map(last?[name] as JsonObject, present, wanted, field is { Shape: FieldShape.One } ? field.ObjectType : null),
                (JsonArray wanted, JsonArray present) when field?.MergeKey is { } key =>
                    List(last?[name] as JsonArray ?? [], present, wanted, key, field.ObjectType),
                _ => value?.DeepClone(),
            };
        }

        return result;
    }

    private static JsonArray List(JsonArray last, JsonArray live, JsonArray desired, string key, ObjectType? type)
    {
        JsonNode? KeyOf(JsonNode? item) => key.Length == 0 ? item : (item as JsonObject)?[key];
        JsonNode? Same(JsonArray list, JsonNode? item) => list.FirstOrDefault(i => JsonNode.DeepEquals(KeyOf(i), KeyOf(item)));

        var result = new JsonArray();
        foreach (var wanted in desired)
        {
            result.Add(wanted is JsonObject map && Same(live, wanted) is JsonObject present
                ? Map(Same(last, wanted) as JsonObject, present, map, type)
                : wanted?.DeepClone());
        }

        foreach (var present in live)
        {
            if (Same(desired, present) is null && Same(last, present) is null)
            {
                result.Add(present?.DeepClone());
            }
        }

        return result;
    }

    private static JsonObject Clean(JsonObject desired)
    {
        var clean = desired.DeepClone().AsObject();
        clean.Remove("status");
        if (clean["metadata"] is JsonObject metadata)
        {
            foreach (var name in _serverMetadata)
            {
                metadata.Remove(name);
            }

            (metadata["annotations"] as JsonObject)?.Remove(LastApplied);
        }

        return clean;
    }

    private static JsonObject Annotations(JsonObject document)
    {
        var metadata = document["metadata"] as JsonObject ?? [];
        document["metadata"] ??= metadata;
        var annotations = metadata["annotations"] as JsonObject ?? [];
        metadata["annotations"] ??= annotations;
        return annotations;
    }

    // Keys sorted, so that a manifest whose fields were only moved around is unchanged.
    private static string Canonical(JsonObject document) => JsonSerializer.Serialize(Sorted(document)!, ApiJson.TypeInfo<JsonNode>());

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}

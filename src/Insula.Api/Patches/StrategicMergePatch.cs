using System.Text.Json.Nodes;
using Insula.Api.Schema;
using Insula.Api.Validation;

namespace Insula.Api.Patches;

/// <summary>
/// Strategic merge patches, as kubectl sends them: like merge patches, but lists with a merge key are merged item by
/// item. Understands <c>$patch</c> (merge, replace, delete), <c>$retainKeys</c>, <c>$deleteFromPrimitiveList/…</c> and
/// <c>$setElementOrder/…</c>.
/// </summary>
public static class StrategicMergePatch
{
    private const string Order = "$setElementOrder/";
    private const string DeleteFrom = "$deleteFromPrimitiveList/";

    /// <summary>The document with the patch applied; the document is left as it was.</summary>
    /// <param name="document">The object as it is.</param>
    /// <param name="patch">The patch.</param>
    /// <param name="type">The fields of the object, which tell how lists are merged; see <see cref="Schemas.For"/>.</param>
    /// <exception cref="PatchException">A malformed directive, or an item without its merge key.</exception>
    public static JsonObject Apply(JsonObject document, JsonNode? patch, ObjectType? type) =>
        patch is JsonObject changes
            ? Map(document, changes, type, "")
            : throw new PatchException("a strategic merge patch is an object");

    private static JsonObject Map(JsonObject? target, JsonObject patch, ObjectType? type, string path)
    {
        switch (Directive(patch, path))
        {
            case "replace":
                return Map(null, Without(patch, "$patch"), type, path);
            case "delete":
                return [];
        }

        var result = target?.DeepClone().AsObject() ?? [];
        Retain(result, patch, path);
        foreach (var (name, change) in patch)
        {
            if (name[..Math.Min(1, name.Length)] == "$")
            {
                Special(result, name, change, path);
                continue;
            }

            var field = type?.Find(name);
            switch (change)
            {
                case null:
                    result.Remove(name);
                    break;
                case JsonObject map:
                    var childType = field is { Shape: FieldShape.One } ? field.ObjectType : null;
                    if (Directive(map, $"{path}.{name}") == "delete")
                    {
                        result.Remove(name);
                    }
                    else
                    {
                        result[name] = Map(result[name] as JsonObject, map, childType, $"{path}.{name}");
                    }

                    break;
                case JsonArray list:
                    result[name] = List(result[name] as JsonArray, list, field, $"{path}.{name}");
                    break;
                default:
                    result[name] = change.DeepClone();
                    break;
            }
        }

        foreach (var (name, order) in patch)
        {
            if (name.StartsWith(Order, StringComparison.Ordinal) && result[name[Order.Length..]] is JsonArray list)
            {
                result[name[Order.Length..]] = Sorted(list, order as JsonArray ?? [], type?.Find(name[Order.Length..])?.MergeKey);
            }
        }

        return result;
    }

    private static void Special(JsonObject result, string name, JsonNode? change, string path)
    {
        if (name.StartsWith(DeleteFrom, StringComparison.Ordinal))
        {
            var target = name[DeleteFrom.Length..];
            if (result[target] is JsonArray list && change is JsonArray gone)
            {
                result[target] = new JsonArray([.. list.Where(i => !gone.Any(g => JsonNode.DeepEquals(g, i))).Select(i => i?.DeepClone())]);
            }
        }
        else if (name is not ("$patch" or "$retainKeys") && !name.StartsWith(Order, StringComparison.Ordinal))
        {
            throw new PatchException($"{Shown(path)}: {Quoted.Text(name)} is no directive of strategic merge patches");
        }
    }

    private static void Retain(JsonObject result, JsonObject patch, string path)
    {
        if (!patch.TryGetPropertyValue("$retainKeys", out var node))
        {
            return;
        }

        if (node is not JsonArray list || list.Any(k => k is not JsonValue v || !v.TryGetValue(out string? _)))
        {
            throw new PatchException($"{Shown(path)}: $retainKeys is a list of field names");
        }

        var kept = list.Select(k => k!.GetValue<string>()).ToHashSet();
        foreach (var name in result.Select(p => p.Key).Where(n => !kept.Contains(n)).ToList())
        {
            result.Remove(name);
        }
    }

    private static JsonArray List(JsonArray? target, JsonArray patch, FieldInfo? field, string path)
    {
        if (field?.MergeKey is not { } key)
        {
            return Stripped(patch);
        }

        if (key.Length == 0)
        {
            var union = target?.DeepClone().AsArray() ?? [];
            foreach (var item in patch.Where(i => !union.Any(u => JsonNode.DeepEquals(u, i))).ToList())
            {
                union.Add(item?.DeepClone());
            }

            return union;
        }

        var replaces = patch.Any(i => i is JsonObject { Count: 1 } only && Directive(only, path) == "replace");
        var result = replaces ? [] : target?.DeepClone().AsArray() ?? [];
        foreach (var item in patch)
        {
            if (item is not JsonObject change)
            {
                throw new PatchException($"{Shown(path)}: an item of this list is an object");
            }

            if (change is { Count: 1 } && Directive(change, path) == "replace")
            {
                continue;
            }

            Item(result, change, key, field, path);
        }

        return result;
    }

    private static void Item(JsonArray result, JsonObject change, string key, FieldInfo field, string path)
    {
        var value = change[key] ?? throw new PatchException($"{Shown(path)}: an item has no {key}, by which items of this list are told apart");
        var directive = Directive(change, path);
        for (var i = 0; i < result.Count; i++)
        {
            if (result[i] is not JsonObject old || !JsonNode.DeepEquals(old[key], value))
            {
                continue;
            }

            if (directive == "delete")
            {
                result.RemoveAt(i--);
                continue;
            }

            result[i] = Map(directive == "replace" ? null : old, Without(change, "$patch"), field.ObjectType, $"{path}[{key}]");
            return;
        }

        if (directive != "delete")
        {
            result.Add((JsonNode)Map(null, Without(change, "$patch"), field.ObjectType, path));
        }
    }

    // Items that the order names come in its order; others keep their place behind the item they followed.
    private static JsonArray Sorted(JsonArray list, JsonArray order, string? key)
    {
        JsonNode? KeyOf(JsonNode? item) => key is { Length: > 0 } ? (item as JsonObject)?[key] : item;
        var ranked = new List<(int Rank, JsonNode? Item)>();
        var last = -1;
        foreach (var item in list)
        {
            var rank = -1;
            for (var i = 0; i < order.Count && rank < 0; i++)
            {
                rank = JsonNode.DeepEquals(KeyOf(order[i]), KeyOf(item)) ? i : -1;
            }

            last = rank >= 0 ? rank : last;
            ranked.Add((last, item?.DeepClone()));
        }

        return new([.. ranked.OrderBy(r => r.Rank).Select(r => r.Item)]);
    }

    // Lists that are replaced whole still lose their directives, which must never reach the store.
    private static JsonArray Stripped(JsonArray list) => new([.. list.Select(i => i is JsonObject map ? Map(null, map, null, "") : i?.DeepClone())]);

    private static string? Directive(JsonObject patch, string path)
    {
        if (!patch.TryGetPropertyValue("$patch", out var node))
        {
            return null;
        }

        return node is JsonValue value && value.TryGetValue(out string? directive) && directive is "merge" or "replace" or "delete"
            ? node.GetValue<string>()
            : throw new PatchException($"{Shown(path)}: $patch must be merge, replace or delete");
    }

    private static JsonObject Without(JsonObject map, string name)
    {
        var copy = map.DeepClone().AsObject();
        copy.Remove(name);
        return copy;
    }

    private static string Shown(string path) => path.Length == 0 ? "the patch" : path.TrimStart('.');
}

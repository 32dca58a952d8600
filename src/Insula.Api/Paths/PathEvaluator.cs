using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Api.Paths;

/// <summary>Finds the values of paths. What is not there yields nothing.</summary>
internal static class PathEvaluator
{
    // Descents in a row would otherwise multiply the values of a deep document without end.
    private const int MostValues = 1_000_000;

    public static IReadOnlyList<JsonNode?> Find(JsonNode? from, JsonNode? root, IReadOnlyList<PathStep> steps)
    {
        IReadOnlyList<JsonNode?> values = [from];
        foreach (var step in steps)
        {
            var next = new List<JsonNode?>();
            foreach (var value in values)
            {
                Step(next, value, root, step);
                if (next.Count > MostValues)
                {
                    throw new JsonPathException("the path has too many values");
                }
            }

            values = next;
        }

        return values;
    }

    private static void Step(List<JsonNode?> found, JsonNode? value, JsonNode? root, PathStep step)
    {
        switch (step)
        {
            case PathStep.Fields fields when value is JsonObject map:
                found.AddRange(fields.Names.Where(map.ContainsKey).Select(n => map[n]));
                break;
            case PathStep.Keys keys when value is JsonObject map:
                foreach (var key in keys.All)
                {
                    found.AddRange(map.TryGetPropertyValue(key.Whole, out var whole)
                        ? [whole]
                        : Find(map, root, [.. key.Parts.Select(p => new PathStep.Fields([p]))]));
                }

                break;
            case PathStep.Slices slices when value is JsonArray list:
                foreach (var slice in slices.All)
                {
                    Slice(found, list, slice);
                }

                break;
            case PathStep.Wildcard:
                found.AddRange(Children(value));
                break;
            case PathStep.Descent:
                Descend(found, value);
                break;
            case PathStep.Filter filter:
                found.AddRange(Children(value).Where(item => Holds(filter, item, root)));
                break;
        }
    }

    private static IEnumerable<JsonNode?> Children(JsonNode? value) => value switch
    {
        JsonObject map => map.Select(p => p.Value),
        JsonArray list => list,
        _ => [],
    };

    private static void Descend(List<JsonNode?> found, JsonNode? value)
    {
        found.Add(value);
        foreach (var child in Children(value))
        {
            Descend(found, child);
        }
    }

    private static void Slice(List<JsonNode?> found, JsonArray list, PathStep.Slice slice)
    {
        int At(int index) => index < 0 ? index + list.Count : index;
        if (slice.Single)
        {
            var index = At(slice.From!.Value);
            if (index < 0 || index >= list.Count)
            {
                throw new JsonPathException($"array index out of bounds: index {slice.From}, length {list.Count}");
            }

            found.Add(list[index]);
            return;
        }

        var to = Math.Min(At(slice.To ?? list.Count), list.Count);
        for (var i = Math.Max(0, At(slice.From ?? 0)); i < to; i += slice.Step)
        {
            found.Add(list[i]);
        }
    }

    private static bool Holds(PathStep.Filter filter, JsonNode? item, JsonNode? root)
    {
        var left = Values(filter.Left, item, root);
        if (filter.Operator is null)
        {
            return left.Count > 0;
        }

        var right = Values(filter.Right!, item, root);
        if (left.Count == 0 || right.Count == 0)
        {
            return false;
        }

        var order = Compare(left[0], right[0]);
        return filter.Operator switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    private static IReadOnlyList<JsonNode?> Values(FilterOperand operand, JsonNode? item, JsonNode? root) =>
        operand.Path is { } path ? Find(operand.FromRoot ? root : item, root, path) : [operand.Literal];

    // Null when the two cannot be compared: then only != holds.
    private static int? Compare(JsonNode? left, JsonNode? right)
    {
        var kinds = (Kind(left), Kind(right));
        return kinds switch
        {
            (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(left!.GetValue<string>(), right!.GetValue<string>()),
            (JsonValueKind.Number, JsonValueKind.Number) => Number(left!).CompareTo(Number(right!)),
            _ when JsonNode.DeepEquals(left, right) => 0,
            _ => null,
        };
    }

    private static JsonValueKind Kind(JsonNode? node) => node?.GetValueKind() ?? JsonValueKind.Null;

    private static double Number(JsonNode node) =>
        double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Validation;

namespace Insula.Api.Patches;

/// <summary>JSON patches (RFC 6902): add, remove, replace, move, copy, test.</summary>
public static class JsonPatch
{
    // As in Kubernetes' API server: a patch is hostile input, and copy can double a document each time.
    private const int MostOperations = 10_000;
    private const int MostCopiedNodes = 1_000_000;

    /// <summary>The document with all operations applied in order; the document is left as it was.</summary>
    /// <exception cref="PatchException">A malformed operation, a path that is not there, or a failed test.</exception>
    public static JsonNode? Apply(JsonNode document, JsonNode patch)
    {
        if (patch is not JsonArray operations)
        {
            throw new PatchException("a JSON patch is an array of operations");
        }

        if (operations.Count > MostOperations)
        {
            throw new PatchException($"a JSON patch may have at most {MostOperations} operations, this one has {operations.Count}");
        }

        JsonNode? result = document.DeepClone();
        var copied = 0;
        for (var i = 0; i < operations.Count; i++)
        {
            var where = $"operation {i}";
            if (operations[i] is not JsonObject operation)
            {
                throw new PatchException($"{where}: an operation is an object");
            }

            var path = Text(operation, "path", where);
            switch (Text(operation, "op", where))
            {
                case "add":
                    result = Add(result, path, Value(operation, where)?.DeepClone(), where);
                    break;
                case "remove":
                    result = Remove(result, path, where, out _);
                    break;
                case "replace":
                    _ = Get(result, path, where);
                    result = Remove(result, path, where, out _);
                    result = Add(result, path, Value(operation, where)?.DeepClone(), where);
                    break;
                case "move":
                    var from = Text(operation, "from", where);
                    if (path.StartsWith(from + "/", StringComparison.Ordinal))
                    {
                        throw new PatchException($"{where}: a value cannot be moved into itself");
                    }

                    result = Remove(result, from, where, out var moved);
                    result = Add(result, path, moved, where);
                    break;
                case "copy":
                    var source = Get(result, Text(operation, "from", where), where);
                    copied += Count(source);
                    if (copied > MostCopiedNodes)
                    {
                        throw new PatchException($"{where}: the patch copies too much");
                    }

                    result = Add(result, path, source?.DeepClone(), where);
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Get(result, path, where), Value(operation, where)))
                    {
                        throw new PatchException($"{where}: test failed: {Quoted.Text(path)} has another value", testFailed: true);
                    }

                    break;
                default:
                    throw new PatchException($"{where}: op must be add, remove, replace, move, copy or test");
            }
        }

        return result;
    }

    private static JsonNode? Add(JsonNode? root, string path, JsonNode? value, string where)
    {
        if (path.Length == 0)
        {
            return value;
        }

        var (parent, last) = Parent(root, path, where);
        switch (parent)
        {
            case JsonObject map:
                map[last] = value;
                break;
            case JsonArray list:
                list.Insert(last == "-" ? list.Count : Index(last, list.Count, path, where), value);
                break;
            default:
                throw Missing(path, where);
        }

        return root;
    }

    private static JsonNode? Remove(JsonNode? root, string path, string where, out JsonNode? removed)
    {
        if (path.Length == 0)
        {
            removed = root;
            return null;
        }

        var (parent, last) = Parent(root, path, where);
        switch (parent)
        {
            case JsonObject map when map.ContainsKey(last):
                removed = map[last];
                map.Remove(last);
                break;
            case JsonArray list:
                var index = Index(last, list.Count - 1, path, where);
                removed = list[index];
                list.RemoveAt(index);
                break;
            default:
                throw Missing(path, where);
        }

        return root;
    }

    private static JsonNode? Get(JsonNode? root, string path, string where)
    {
        if (path.Length == 0)
        {
            return root;
        }

        var (parent, last) = Parent(root, path, where);
        return parent switch
        {
            JsonObject map when map.ContainsKey(last) => map[last],
            JsonArray list => list[Index(last, list.Count - 1, path, where)],
            _ => throw Missing(path, where),
        };
    }

    private static (JsonNode? Parent, string Last) Parent(JsonNode? root, string path, string where)
    {
        if (path[0] != '/')
        {
            throw new PatchException($"{where}: path {Quoted.Text(path)} must begin with '/'");
        }

        var parts = path[1..].Split('/');
        var node = root;
        for (var i = 0; i < parts.Length - 1; i++)
        {
            var name = Unescape(parts[i]);
            node = node switch
            {
                JsonObject map when map.ContainsKey(name) => map[name],
                JsonArray list => list[Index(name, list.Count - 1, path, where)],
                _ => throw Missing(path, where),
            };
        }

        return (node, Unescape(parts[^1]));
    }

    private static string Unescape(string part) =>
        part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static int Index(string text, int most, string path, string where)
    {
        var wellFormed = text.Length is > 0 and < 10 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');
        return wellFormed && int.Parse(text, CultureInfo.InvariantCulture) is var index && index <= most
            ? index
            : throw new PatchException($"{where}: {Quoted.Text(text)} in path {Quoted.Text(path)} is no index of the list");
    }

    private static int Count(JsonNode? node) => node switch
    {
        JsonObject map => 1 + map.Sum(p => Count(p.Value)),
        JsonArray list => 1 + list.Sum(Count),
        _ => 1,
    };

    private static string Text(JsonObject operation, string name, string where) =>
        operation[name] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new PatchException($"{where}: {name} must be a string");

    private static JsonNode? Value(JsonObject operation, string where) => operation.TryGetPropertyValue("value", out var value)
        ? value
        : throw new PatchException($"{where}: value is missing");

    private static PatchException Missing(string path, string where) => new($"{where}: there is nothing at {Quoted.Text(path)}");
}

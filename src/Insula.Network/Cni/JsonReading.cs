using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Network.Cni;

/// <summary>Reads foreign JSON: what is not of the expected type is refused with its path, never taken for something else.</summary>
internal static class JsonReading
{
    private const int MaxDepth = 32;
    private const int MostShown = 500;

    /// <summary>Parses an object. Keys that are given twice are refused.</summary>
    /// <exception cref="CniException">It is none.</exception>
    public static JsonObject Object(string text, string what)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false }) as JsonObject
                ?? throw new CniException($"{what} is no JSON object");
        }
        catch (JsonException e)
        {
            throw new CniException($"{what} is no JSON{Where(e)}: {Printable(e.Message)}", e);
        }
    }

    /// <summary>A text; null when it is not there.</summary>
    public static string? Text(JsonObject at, string key, string path) => at[key] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw new CniException($"{path}{key}: a text is expected"),
    };

    /// <summary>A boolean, also as text, as libcni takes it; null when it is not there.</summary>
    public static bool? Boolean(JsonObject at, string key, string path) => at[key] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        JsonValue value when value.GetValueKind() == JsonValueKind.String && bool.TryParse(value.GetValue<string>(), out var parsed) => parsed,
        _ => throw new CniException($"{path}{key}: true or false is expected"),
    };

    /// <summary>A whole number; null when it is not there.</summary>
    public static int? Number(JsonObject at, string key, string path) => at[key] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out int number) => number,
        _ => throw new CniException($"{path}{key}: a whole number is expected"),
    };

    /// <summary>An object; null when it is not there.</summary>
    public static JsonObject? Child(JsonObject at, string key, string path) => at[key] switch
    {
        null => null,
        JsonObject child => child,
        _ => throw new CniException($"{path}{key}: an object is expected"),
    };

    /// <summary>A list; empty when it is not there.</summary>
    public static IReadOnlyList<JsonNode?> List(JsonObject at, string key, string path, int most) => at[key] switch
    {
        null => [],
        JsonArray list when list.Count <= most => [.. list],
        JsonArray => throw new CniException($"{path}{key}: at most {most} are taken"),
        _ => throw new CniException($"{path}{key}: a list is expected"),
    };

    /// <summary>A list of objects.</summary>
    public static IReadOnlyList<JsonObject> Objects(JsonObject at, string key, string path, int most) =>
        [.. List(at, key, path, most).Select((n, i) => n as JsonObject ?? throw new CniException($"{path}{key}[{i}]: an object is expected"))];

    /// <summary>A list of texts.</summary>
    public static IReadOnlyList<string> Texts(JsonObject at, string key, string path, int most) =>
    [
        .. List(at, key, path, most).Select((n, i) => n is JsonValue value && value.GetValueKind() == JsonValueKind.String
            ? value.GetValue<string>() : throw new CniException($"{path}{key}[{i}]: a text is expected")),
    ];

    /// <summary>What others said, cut, and of characters that can be shown.</summary>
    public static string Printable(string text)
    {
        var shown = new string([.. text.Take(MostShown).Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? ' ' : c)]).Trim();
        return text.Length > MostShown ? shown + "…" : shown;
    }

    private static string Where(JsonException e) => e.LineNumber is { } line ? $" (line {line + 1})" : "";
}

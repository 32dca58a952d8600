using System.Text.Json.Nodes;

namespace Insula.Api.PodSecurity;

/// <summary>Reads members of a document that may be missing or null.</summary>
internal static class Json
{
    public static JsonObject? Object(JsonObject? parent, string name) => parent?[name] as JsonObject;

    public static IEnumerable<JsonObject> Objects(JsonObject? parent, string name) =>
        parent?[name] is JsonArray list ? list.OfType<JsonObject>() : [];

    public static IEnumerable<string> Texts(JsonObject? parent, string name) =>
        parent?[name] is JsonArray list ? list.OfType<JsonValue>().Select(v => v.ToString()) : [];

    public static string? Text(JsonObject? parent, string name) => Value<string>(parent, name, out var text) ? text : null;

    public static bool? Flag(JsonObject? parent, string name) => Value<bool>(parent, name, out var flag) ? flag : null;

    public static long? Number(JsonObject? parent, string name) => Value<long>(parent, name, out var number) ? number : null;

    private static bool Value<T>(JsonObject? parent, string name, out T? value)
    {
        value = default;
        return parent?[name] is JsonValue found && found.TryGetValue(out value);
    }
}

using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Insula.Api.Json;

/// <summary>
/// Records to and from JSON without reflection. Reading is lenient (unknown fields are skipped): strictness towards
/// users is the manifest decoder's. Nulls, empty lists and empty maps are left out when writing, but for a list's
/// items and a table's columns and rows.
/// </summary>
public static class ApiJson
{
    private static readonly HashSet<string> _alwaysWritten = ["items", "columnDefinitions", "rows", "cells"];

    /// <summary>The options all reading and writing uses; read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>The metadata of a type that the API knows, for serializers that want it.</summary>
    /// <exception cref="NotSupportedException">The type is none of the API's.</exception>
    public static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    /// <summary>A record from a JSON document.</summary>
    /// <exception cref="JsonException">A value has the wrong type; the message names the path.</exception>
    public static T Read<T>(JsonNode node)
        where T : class => node.Deserialize(TypeInfo<T>()) ?? throw new JsonException("the document is null");

    /// <summary>A record from UTF-8 JSON.</summary>
    /// <exception cref="JsonException">The text is no JSON, or a value has the wrong type.</exception>
    public static T Read<T>(ReadOnlySpan<byte> utf8)
        where T : class => JsonSerializer.Deserialize(utf8, TypeInfo<T>()) ?? throw new JsonException("the document is null");

    /// <summary>A record from JSON text.</summary>
    /// <exception cref="JsonException">The text is no JSON, or a value has the wrong type.</exception>
    public static T Read<T>(string json)
        where T : class => JsonSerializer.Deserialize(json, TypeInfo<T>()) ?? throw new JsonException("the document is null");

    /// <summary>A record as a JSON document.</summary>
    public static JsonObject ToJson<T>(T value)
        where T : class => JsonSerializer.SerializeToNode(value, TypeInfo<T>())!.AsObject();

    /// <summary>A record as JSON text on one line.</summary>
    public static string ToText<T>(T value)
        where T : class => JsonSerializer.Serialize(value, TypeInfo<T>());

    /// <summary>A record as UTF-8 JSON on one line.</summary>
    public static byte[] ToUtf8<T>(T value)
        where T : class => JsonSerializer.SerializeToUtf8Bytes(value, TypeInfo<T>());

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(ApiJsonContext.Default.Options)
        {
            // Answers go over a socket and into terminals, never into HTML: "<" and ">" in arguments stay readable.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            MaxDepth = 128,
            TypeInfoResolver = ApiJsonContext.Default.WithAddedModifier(OmitEmpty),
        };
        options.MakeReadOnly();
        return options;
    }

    private static void OmitEmpty(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (_alwaysWritten.Contains(property.Name) || property.PropertyType == typeof(string)
                || typeof(JsonNode).IsAssignableFrom(property.PropertyType)
                || !typeof(IEnumerable).IsAssignableFrom(property.PropertyType))
            {
                continue;
            }

            property.ShouldSerialize = static (_, value) => value switch
            {
                null => false,
                IEnumerable many => many.GetEnumerator().MoveNext(),
                _ => true,
            };
        }
    }
}

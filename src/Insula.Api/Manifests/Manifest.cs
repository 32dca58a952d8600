using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insula.Api.Manifests;

/// <summary>Reads manifests: YAML with several documents, or JSON; lists (kind List) become their items.</summary>
public static class Manifest
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a text. Never throws: what is wrong is in the result.</summary>
    public static ManifestFile Parse(string text, ManifestLimits? limits = null)
    {
        limits ??= ManifestLimits.Default;
        try
        {
            return Decode(Nodes(text, limits), limits);
        }
        catch (ManifestException e)
        {
            return new() { Failure = e };
        }
    }

    /// <summary>Reads UTF-8 bytes. Never throws: what is wrong is in the result.</summary>
    public static ManifestFile Parse(ReadOnlySpan<byte> utf8, ManifestLimits? limits = null)
    {
        limits ??= ManifestLimits.Default;
        try
        {
            return Decode(Nodes(Text(utf8, limits), limits), limits);
        }
        catch (ManifestException e)
        {
            return new() { Failure = e };
        }
    }

    /// <summary>Reads a stream of UTF-8 to its end, or to the limit: a file, which nobody has to wait for.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static ManifestFile Parse(Stream stream, ManifestLimits? limits = null)
    {
        limits ??= ManifestLimits.Default;
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while (bytes.Length <= limits.MaxBytes && (read = stream.Read(buffer)) > 0)
        {
            bytes.Write(buffer, 0, read);
        }

        return Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), limits);
    }

    /// <summary>The same, where bytes come as they come.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static async Task<ManifestFile> ParseAsync(Stream stream, ManifestLimits? limits = null, CancellationToken cancellationToken = default)
    {
        limits ??= ManifestLimits.Default;
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while (bytes.Length <= limits.MaxBytes && (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            bytes.Write(buffer, 0, read);
        }

        return Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), limits);
    }

    /// <summary>Reads one JSON value, such as a request's body: no field twice, no NUL, within the limits.</summary>
    /// <exception cref="ManifestException">It is none.</exception>
    public static JsonNode? ReadJson(ReadOnlySpan<byte> utf8, ManifestLimits? limits = null) =>
        JsonText.Read(utf8, limits ?? ManifestLimits.Default);

    /// <summary>Reads one YAML document, such as a request's body.</summary>
    /// <exception cref="ManifestException">It is none, or more than one.</exception>
    public static JsonNode? ReadYaml(ReadOnlySpan<byte> utf8, ManifestLimits? limits = null)
    {
        limits ??= ManifestLimits.Default;
        var documents = YamlText.ReadMany(Text(utf8, limits), limits);
        return documents.Count == 1
            ? documents[0].Node
            : throw new ManifestException(documents.Count == 0 ? "the document is empty" : "one document is expected, there are several");
    }

    private static string Text(ReadOnlySpan<byte> utf8, ManifestLimits limits)
    {
        if (utf8.Length > limits.MaxBytes)
        {
            throw new ManifestException($"the file has more than {limits.MaxBytes} bytes; no manifest is that long");
        }

        try
        {
            return _strictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new ManifestException($"the file is not text in UTF-8 (byte {e.Index})", e);
        }
    }

    private static List<(JsonNode? Node, SourceMap Map)> Nodes(string text, ManifestLimits limits)
    {
        if (text.Length > limits.MaxBytes)
        {
            throw new ManifestException($"the text has more than {limits.MaxBytes} bytes; no manifest is that long");
        }

        text = text.TrimStart('\uFEFF');
        if (!text.AsSpan().TrimStart().StartsWith("{"))
        {
            return YamlText.ReadMany(text, limits);
        }

        try
        {
            return JsonText.ReadMany(Encoding.UTF8.GetBytes(text), limits);
        }
        catch (ManifestException notJson)
        {
            // YAML may begin with a brace too. When it is neither, what JSON says is what was meant.
            try
            {
                return YamlText.ReadMany(text, limits);
            }
            catch (ManifestException)
            {
                throw notJson;
            }
        }
    }

    private static ManifestFile Decode(List<(JsonNode? Node, SourceMap Map)> nodes, ManifestLimits limits)
    {
        var documents = new List<ManifestDocument>();
        foreach (var (node, map) in nodes)
        {
            if (node is JsonObject list && IsList(list))
            {
                AddItems(documents, list, map);
            }
            else if (node is not null)
            {
                Add(documents, ObjectDecoder.Decode(node), map);
            }

            if (documents.Count > limits.MaxDocuments)
            {
                throw new ManifestException($"the file has more than {limits.MaxDocuments} objects");
            }
        }

        return new() { Documents = documents };
    }

    private static bool IsList(JsonObject document) =>
        document["kind"] is JsonValue value && value.TryGetValue(out string? kind)
        && (kind == "List" || (kind.EndsWith("List", StringComparison.Ordinal) && KindTable.All.Any(k => k.Kind + "List" == kind)));

    private static void AddItems(List<ManifestDocument> documents, JsonObject list, SourceMap map)
    {
        if (list["items"] is not JsonArray items)
        {
            var error = new FieldError("items", FieldErrorType.Required, "Required value: a list has items");
            Add(documents, new() { Object = list, Errors = [error] }, map);
            return;
        }

        for (var i = 0; i < items.Count; i++)
        {
            Add(documents, ObjectDecoder.Decode(items[i]), map.Part($"items[{i}]"));
        }
    }

    private static void Add(List<ManifestDocument> documents, DecodedObject decoded, SourceMap map) => documents.Add(new()
    {
        Kind = decoded.Kind,
        Object = decoded.Object,
        Errors = decoded.Errors,
        Warnings = decoded.Warnings,
        OnlyHere = decoded.OnlyHere,
        Source = map,
    });
}

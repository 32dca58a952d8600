using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Json;

namespace Insula.Store.Writing;

/// <summary>Sets the metadata that belongs to the store, and turns documents into stored versions.</summary>
internal static class Metadata
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The first version of an object.</summary>
    public static StoredObject Create(ObjectKey key, JsonObject document, long version, DateTimeOffset now)
    {
        var given = document["metadata"] as JsonObject ?? [];
        var uid = (string?)given["uid"] is { Length: > 0 } set ? set : Guid.NewGuid().ToString();
        var metadata = new JsonObject { ["name"] = key.Name };
        if ((string?)given["generateName"] is { } prefix)
        {
            metadata["generateName"] = prefix;
        }

        if (key.Namespace.Length > 0)
        {
            metadata["namespace"] = key.Namespace;
        }

        metadata["uid"] = uid;
        if (version > 0)
        {
            metadata["resourceVersion"] = Text(version);
        }

        metadata["creationTimestamp"] = (given["creationTimestamp"]?.DeepClone()) ?? TimeConverter.Format(now);
        foreach (var (name, value) in given)
        {
            if (!metadata.ContainsKey(name) && name != "resourceVersion")
            {
                metadata[name] = value?.DeepClone();
            }
        }

        document["metadata"] = metadata;
        return Seal(key, uid, version, document);
    }

    /// <summary>A further version, or null when the document says the same as the old one.</summary>
    public static StoredObject? Update(StoredObject old, JsonObject document, long version)
    {
        if (document["metadata"] is not JsonObject metadata)
        {
            document["metadata"] = metadata = [];
        }

        using var before = old.ToJsonDocument();
        var created = before.RootElement.GetProperty("metadata").GetProperty("creationTimestamp").GetString();
        metadata["name"] = old.Key.Name;
        if (old.Key.Namespace.Length > 0)
        {
            metadata["namespace"] = old.Key.Namespace;
        }

        metadata["uid"] = old.Uid;
        metadata["creationTimestamp"] = created;
        metadata["resourceVersion"] = Text(old.ResourceVersion);
        if (JsonNode.DeepEquals(old.ToDocument(), document))
        {
            return null;
        }

        metadata["resourceVersion"] = Text(version);
        return Seal(old.Key, old.Uid, version, document);
    }

    /// <summary>The last state of a removed object, at the version of its removal.</summary>
    public static StoredObject Delete(StoredObject old, long version)
    {
        var document = old.ToDocument();
        document["metadata"]!["resourceVersion"] = Text(version);
        return Seal(old.Key, old.Uid, version, document);
    }

    /// <summary>A version read back from disk.</summary>
    public static StoredObject Load(ObjectKey key, string uid, long version, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return new StoredObject(key, uid, version, json, Labels(document.RootElement));
    }

    private static StoredObject Seal(ObjectKey key, string uid, long version, JsonObject document)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            document.WriteTo(writer);
        }

        return Load(key, uid, version, buffer.WrittenSpan.ToArray());
    }

    private static Dictionary<string, string> Labels(JsonElement root)
    {
        var labels = new Dictionary<string, string>();
        if (root.TryGetProperty("metadata", out var metadata)
            && metadata.TryGetProperty("labels", out var given)
            && given.ValueKind == JsonValueKind.Object)
        {
            foreach (var label in given.EnumerateObject())
            {
                labels[label.Name] = label.Value.GetString() ?? "";
            }
        }

        return labels;
    }

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Store.Writing;

namespace Insula.Store;

/// <summary>
/// One version of an object. It never changes: readers on any thread share it, and whoever wants to edit takes a copy
/// with <see cref="ToDocument"/>.
/// </summary>
public sealed class StoredObject
{
    // Weak: several follow the same objects and read the same change at about the same time, and most of what they read is nobody's afterwards.
    private WeakReference<Lazy<object>>? _read;

    internal StoredObject(ObjectKey key, string uid, long resourceVersion, ReadOnlyMemory<byte> json, IReadOnlyDictionary<string, string> labels)
    {
        Key = key;
        Uid = uid;
        ResourceVersion = resourceVersion;
        Json = json;
        Labels = labels;
    }

    /// <summary>Which object this is a version of.</summary>
    public ObjectKey Key { get; }

    /// <summary><c>metadata.uid</c>: RFC 4122 text, given once and never reused.</summary>
    public string Uid { get; }

    /// <summary><c>metadata.resourceVersion</c> as a number; grows with every change of any object.</summary>
    public long ResourceVersion { get; }

    /// <summary>The whole document, UTF-8, ready to be written to a client.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary><c>metadata.labels</c>; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>What the store would make of a document to be created, without creating it: for dry runs.</summary>
    public static StoredObject Preview(ObjectKey key, JsonObject document, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(document);
        return Metadata.Create(key, document.DeepClone().AsObject(), 0, now);
    }

    /// <summary>What the store would make of an update, without doing it: for dry runs. The version stays.</summary>
    public static StoredObject Preview(StoredObject current, JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(document);
        return Metadata.Update(current, document.DeepClone().AsObject(), current.ResourceVersion) ?? current;
    }

    /// <summary>What a reader makes of the document, made once for all who ask for it at about the same time. Nobody may change it.</summary>
    /// <typeparam name="T">What it makes; all ask for the same.</typeparam>
    /// <param name="reader">Makes it of <see cref="Json"/>.</param>
    public T Read<T>(Func<ReadOnlyMemory<byte>, T> reader)
        where T : class
    {
        var own = new Lazy<object>(() => reader(Json));
        while (true)
        {
            var seen = _read;
            if (seen is not null && seen.TryGetTarget(out var other))
            {
                return (T)other.Value;
            }

            if (Interlocked.CompareExchange(ref _read, new WeakReference<Lazy<object>>(own), seen) == seen)
            {
                return (T)own.Value;
            }
        }
    }

    /// <summary>A fresh, editable copy of the document.</summary>
    public JsonObject ToDocument() => JsonNode.Parse(Json.Span)!.AsObject();

    /// <summary>A read-only view; cheaper than <see cref="ToDocument"/>. The caller disposes it.</summary>
    public JsonDocument ToJsonDocument() => JsonDocument.Parse(Json);
}

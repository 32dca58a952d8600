using System.Text.Json;
using System.Text.Json.Serialization;

namespace Insula.Images.Store;

/// <summary>
/// Everything the store knows, in one file that is replaced as a whole: a reader after a crash finds the state
/// before or after a load, never between.
/// </summary>
internal sealed record StoreIndex
{
    public const int CurrentVersion = 1;

    public required int Version { get; init; }

    /// <summary>Number of the next layer. One that was recorded is never used again: a pod may still have it mounted.</summary>
    public required long NextLayer { get; init; }

    public required IReadOnlyList<LayerRecord> Layers { get; init; }

    public required IReadOnlyList<ImageRecord> Images { get; init; }

    public static StoreIndex Empty { get; } = new() { Version = CurrentVersion, NextLayer = 1, Layers = [], Images = [] };

    public static StoreIndex Read(ReadOnlySpan<byte> json)
    {
        var index = JsonSerializer.Deserialize(json, StoreJson.Default.StoreIndex) ?? throw new JsonException("the index is null");
        return index.Version == CurrentVersion
            ? index
            : throw new JsonException($"the index has version {index.Version}, this program reads {CurrentVersion}");
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, StoreJson.Default.StoreIndex);

    /// <summary>A layer that can stand where <paramref name="diffId"/> is wanted at the place of <paramref name="chainId"/>.</summary>
    public LayerRecord? FindLayer(string diffId, string chainId) =>
        Layers.FirstOrDefault(l => l.DiffId == diffId && (l.ChainId is null || l.ChainId == chainId));

    /// <summary>Without layers no image uses.</summary>
    public StoreIndex WithoutUnusedLayers()
    {
        var used = Images.SelectMany(i => i.Layers).ToHashSet();
        return this with { Layers = Layers.Where(l => used.Contains(l.Number)).ToList() };
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Insula.Images.Formats;
using Insula.Images.Layers;
using Insula.Images.Loading;
using Insula.Linux;

namespace Insula.Images.Saving;

/// <summary>One image to save: its documents, and its layers lowest first.</summary>
/// <param name="Image">The image.</param>
/// <param name="Names">The names it is saved under.</param>
/// <param name="Configuration">Its configuration, as it was loaded: its digest is the image's id.</param>
/// <param name="Layers">Digests and lengths of its layers' tars.</param>
internal sealed record SavedImage(Image Image, IReadOnlyList<string> Names, byte[] Configuration, IReadOnlyList<(string DiffId, long Length)> Layers)
{
    /// <summary>A manifest of plain layers. What a registry gave may have had them compressed, in a way that nobody can repeat.</summary>
    public byte[] Manifest { get; } = Document(new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = MediaTypes.Manifest,
        ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", Image.Id, Configuration.Length),
        ["layers"] = new JsonArray([.. Layers.Select(l => (JsonNode)Descriptor("application/vnd.oci.image.layer.v1.tar", l.DiffId, l.Length))]),
    });

    /// <summary>What the index of a layout says of it: once for each of its names.</summary>
    public IEnumerable<JsonObject> Entries()
    {
        var digest = Digests.Of(Manifest);
        if (Names.Count == 0)
        {
            yield return Descriptor(MediaTypes.Manifest, digest, Manifest.Length);
        }

        foreach (var name in Names)
        {
            var entry = Descriptor(MediaTypes.Manifest, digest, Manifest.Length);
            entry["annotations"] = new JsonObject { [OciLayout.ContainerdName] = name, [OciLayout.RefName] = ImageReference.Parse(name).Tag };
            yield return entry;
        }
    }

    /// <summary>What a docker archive says of it.</summary>
    public JsonObject DockerEntry() => new()
    {
        ["Config"] = BlobsExtensions.BlobPath(Image.Id),
        ["RepoTags"] = new JsonArray([.. Names.Select(n => (JsonNode)JsonValue.Create(n)!)]),
        [nameof(Layers)] = new JsonArray([.. Layers.Select(l => (JsonNode)JsonValue.Create(BlobsExtensions.BlobPath(l.DiffId))!)]),
    };

    /// <summary>The bytes of a document.</summary>
    public static byte[] Document(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    private static JsonObject Descriptor(string type, string digest, long size) => new() { ["mediaType"] = type, ["digest"] = digest, ["size"] = size };
}

using Insula.Images.Formats;

namespace Insula.Images.Loading;

/// <summary>Reads the images of a docker archive, <c>docker save</c>'s and podman's <c>docker-archive</c> form.</summary>
internal static class DockerArchive
{
    public const string ManifestPath = "manifest.json";

    public static IReadOnlyList<ImagePlan> Plan(IBlobs blobs, ImagePlatform platform, ImageLimits limits)
    {
        var document = blobs.ReadDocument(ManifestPath, limits)
            ?? throw new ImageException(ImageError.InvalidImage, $"{blobs.Description} has no {ManifestPath}");
        var entries = FormatsJson.Read(document, FormatsJson.Default.ListDockerArchiveEntry, ManifestPath);
        if (entries.Count > limits.Images)
        {
            throw new ImageException(ImageError.TooLarge, $"{blobs.Description} has {entries.Count} images, at most {limits.Images} are taken");
        }

        return entries.Select(e => Plan(blobs, e, platform, limits)).ToList();
    }

    private static ImagePlan Plan(IBlobs blobs, DockerArchiveEntry? entry, ImagePlatform platform, ImageLimits limits)
    {
        if (entry?.Config is not { Length: > 0 } path || entry.Layers is not { } layers || layers.Contains(null!))
        {
            throw new ImageException(ImageError.InvalidImage, $"{ManifestPath} has an entry without Config or Layers");
        }

        var document = blobs.ReadDocument(path, limits)
            ?? throw new ImageException(ImageError.InvalidImage, $"{blobs.Description} lacks the configuration {Printable.Quote(path)}");
        var id = Digests.Of(document);

        // Docker names the file by its digest; where it does, a different content is damage.
        var claimed = Digests.Prefix + Path.GetFileNameWithoutExtension(path);
        if (Digests.IsValid(claimed) && claimed != id)
        {
            throw new ImageException(ImageError.InvalidImage, $"the configuration {Printable.Quote(path)} is damaged: its content is {id}");
        }

        var configuration = Configurations.Read(document, layers.Count, platform, limits);
        return new ImagePlan
        {
            Names = entry.RepoTags ?? [],
            Id = id,
            ConfigurationDocument = document,
            Configuration = configuration,
            Layers = layers.Zip(configuration.Rootfs!.DiffIds!, (layer, diffId) => new LayerPlan(layer, diffId, null, null)).ToList(),
        };
    }
}

using Insula.Images.Formats;

namespace Insula.Images.Loading;

/// <summary>Reads the images of an OCI layout: the index, nested indexes down to the limit, manifests, configurations.</summary>
internal sealed class OciLayout
{
    public const string IndexPath = "index.json";
    public const string MarkerPath = "oci-layout";
    public const string RefName = "org.opencontainers.image.ref.name";
    public const string ContainerdName = "io.containerd.image.name";
    private readonly IBlobs _blobs;
    private readonly ImagePlatform _platform;
    private readonly ImageLimits _limits;

    private OciLayout(IBlobs blobs, ImagePlatform platform, ImageLimits limits) =>
        (_blobs, _platform, _limits) = (blobs, platform, limits);

    public static IReadOnlyList<ImagePlan> Plan(IBlobs blobs, ImagePlatform platform, ImageLimits limits) =>
        new OciLayout(blobs, platform, limits).Plan();

    private List<ImagePlan> Plan()
    {
        var document = _blobs.ReadDocument(IndexPath, _limits)
            ?? throw new ImageException(ImageError.InvalidImage, $"{_blobs.Description} has no {IndexPath}");
        var index = FormatsJson.Read(document, FormatsJson.Default.OciDocument, IndexPath);
        CheckKind(index, MediaTypes.Index, IndexPath);

        // Entries of one name are the same image for several platforms; those without a name are images of their own
        // unless a platform tells them apart.
        var groups = index.Manifests!
            .Where(m => MediaTypes.IsIndex(m.MediaType) || MediaTypes.IsManifest(m.MediaType))
            .Select((m, i) => (Descriptor: m, Key: Name(m) ?? (m.Platform is null ? $"\0{i}" : "")))
            .GroupBy(m => m.Key, m => m.Descriptor, StringComparer.Ordinal)
            .ToList();
        if (groups.Count == 0)
        {
            throw new ImageException(ImageError.InvalidImage, $"{_blobs.Description} has no image in its {IndexPath}");
        }

        if (groups.Count > _limits.Images)
        {
            throw new ImageException(ImageError.TooLarge, $"{_blobs.Description} has {groups.Count} images, at most {_limits.Images} are taken");
        }

        return groups.Select(g => Plan(Choose(g.ToList()), Name(g.First()), [], 1)).ToList();
    }

    private ImagePlan Plan(OciDescriptor descriptor, string? name, IReadOnlyList<string> above, int depth)
    {
        var isIndex = MediaTypes.IsIndex(descriptor.MediaType);
        var what = isIndex ? "index" : "manifest";
        var bytes = _blobs.ReadVerified(descriptor, what, _limits);
        var document = FormatsJson.Read(bytes, FormatsJson.Default.OciDocument, $"the {what} {descriptor.Digest}");
        CheckKind(document, descriptor.MediaType!, $"the {what} {descriptor.Digest}");
        if (!isIndex)
        {
            return Manifest(descriptor, bytes, document, name, above);
        }

        if (depth >= _limits.IndexDepth)
        {
            throw new ImageException(ImageError.TooLarge, $"{_blobs.Description} nests indexes deeper than {_limits.IndexDepth}");
        }

        var chosen = Choose(document.Manifests!);
        return Plan(chosen, name, [descriptor.Digest!, .. above], depth + 1);
    }

    private ImagePlan Manifest(OciDescriptor descriptor, byte[] bytes, OciDocument manifest, string? name, IReadOnlyList<string> above)
    {
        if (!MediaTypes.IsConfiguration(manifest.Config!.MediaType))
        {
            throw new ImageException(
                ImageError.Unsupported,
                $"the manifest {descriptor.Digest} is of {Printable.Quote(manifest.Config.MediaType ?? "")}, which is no container image");
        }

        var layers = manifest.Layers!;
        layers.ForEach(l => MediaTypes.CheckLayer(l.MediaType));
        var configurationDocument = _blobs.ReadVerified(manifest.Config, "configuration", _limits);
        var configuration = Configurations.Read(configurationDocument, layers.Count, _platform, _limits);
        return new ImagePlan
        {
            Names = name is null ? [] : [name],
            Id = manifest.Config.Digest!,
            ConfigurationDocument = configurationDocument,
            Configuration = configuration,
            ManifestDocument = bytes,
            ManifestDigests = [descriptor.Digest!, .. above],
            Layers = layers.Zip(configuration.Rootfs!.DiffIds!, Layer).ToList(),
        };
    }

    private static LayerPlan Layer(OciDescriptor descriptor, string diffId)
    {
        var digest = BlobsExtensions.CheckedDigest(descriptor, "layer");
        return new LayerPlan(BlobsExtensions.BlobPath(digest), diffId, digest, descriptor.Size);
    }

    private void CheckKind(OciDocument document, string mediaType, string what)
    {
        if (document.SchemaVersion is not (null or 2))
        {
            throw new ImageException(ImageError.Unsupported, $"{what} has schema version {document.SchemaVersion}, only 2 is read");
        }

        if (document.MediaType is { Length: > 0 } own && own != mediaType)
        {
            throw new ImageException(
                ImageError.InvalidImage, $"{what} calls itself {Printable.Quote(own)} but is announced as {Printable.Quote(mediaType)}");
        }

        var isIndex = MediaTypes.IsIndex(mediaType);
        var fits = isIndex
            ? document is { Manifests: not null, Config: null, Layers: null }
            : document is { Manifests: null, Config: not null, Layers: not null };
        if (!fits || document.Manifests?.Contains(null!) == true || document.Layers?.Contains(null!) == true)
        {
            throw new ImageException(ImageError.InvalidImage, $"{what} has not exactly the members of an {(isIndex ? "index" : "image manifest")}");
        }

        if (document.Manifests?.Count > _limits.IndexEntries)
        {
            throw new ImageException(ImageError.TooLarge, $"{what} has {document.Manifests.Count} entries, at most {_limits.IndexEntries} are read");
        }
    }

    // The first that fits, as the image index specification says; attestations have the platform "unknown".
    private OciDescriptor Choose(IReadOnlyList<OciDescriptor> candidates)
    {
        var images = candidates.Where(c => MediaTypes.IsIndex(c.MediaType) || MediaTypes.IsManifest(c.MediaType)).ToList();
        var fitting = images.Where(c => c.Platform is { } p && p.Os == _platform.Os && p.Architecture == _platform.Architecture).ToList();
        if (_platform.Variant is { } variant && fitting.Find(c => c.Platform!.Variant == variant) is { } exact)
        {
            return exact;
        }

        if (fitting.Count > 0)
        {
            return fitting[0];
        }

        if (images.Find(c => c.Platform is null) is { } unspecified)
        {
            return unspecified;
        }

        var offered = string.Join(", ", images.Select(c => Printable.Quote($"{c.Platform?.Os}/{c.Platform?.Architecture}")).Distinct().Take(10));
        throw new ImageException(
            ImageError.WrongPlatform, $"{_blobs.Description} has no image for this machine, {_platform}; it has {(offered.Length == 0 ? "none at all" : offered)}");
    }

    // ref.name is by specification a tag, but podman and buildkit write whole names there; a tag alone names nothing.
    private static string? Name(OciDescriptor descriptor)
    {
        var annotations = descriptor.Annotations;
        if (annotations is null)
        {
            return null;
        }

        if (annotations.TryGetValue(ContainerdName, out var full) && full is { Length: > 0 })
        {
            return full;
        }

        return annotations.TryGetValue(RefName, out var name) && name is not null && name.AsSpan().ContainsAny('/', ':') ? name : null;
    }
}

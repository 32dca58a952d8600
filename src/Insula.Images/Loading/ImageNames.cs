using Insula.Images.Store;

namespace Insula.Images.Loading;

/// <summary>Gives loaded images their names. A name belongs to one image: the last one loaded under it.</summary>
internal static class ImageNames
{
    /// <summary>The normalised names of an image: the caller's if it gave one, else the archive's.</summary>
    public static IReadOnlyList<string> Of(ImagePlan plan, ImageReference? name)
    {
        var references = name is not null ? [name] : plan.Names.Select(Parse).ToList();
        foreach (var reference in references)
        {
            // A false digest in a name would make a later lookup by digest find other content.
            if (reference.Digest is not null && !plan.ManifestDigests.Contains(reference.Digest))
            {
                throw new ImageException(
                    ImageError.InvalidImage, $"the image is named {reference}, but its digest is {(plan.ManifestDigests.Count > 0 ? plan.ManifestDigests[0] : "not known")}");
            }
        }

        // By digest it is found without a name of its own.
        return references.Where(r => r.Digest is null).Select(r => r.ToString()).Distinct().Order(StringComparer.Ordinal).ToList();
    }

    /// <summary>The index with the image in it under its names, taken from images that had them.</summary>
    /// <param name="index">As it is.</param>
    /// <param name="plan">The image.</param>
    /// <param name="names">Its names.</param>
    /// <param name="layers">Its layers, lowest first.</param>
    /// <param name="pulled">Whether the names are a registry's word.</param>
    public static StoreIndex Record(StoreIndex index, ImagePlan plan, IReadOnlyList<string> names, IReadOnlyList<long> layers, bool pulled)
    {
        var present = index.Images.FirstOrDefault(i => i.Id == plan.Id)?.Without(names);
        var known = pulled ? names.Concat(present?.Pulled ?? []).Order(StringComparer.Ordinal).ToList() : present?.Pulled;
        var record = new ImageRecord
        {
            Id = plan.Id,

            // The manifest is the newest one's, whose document is kept; earlier digests still lead here.
            Digests = plan.ManifestDigests.Concat(present?.Digests ?? []).Distinct().ToList(),
            References = names.Concat(present?.References ?? []).Distinct().Order(StringComparer.Ordinal).ToList(),
            Pinned = present?.Pinned,
            Pulled = known is { Count: > 0 } ? known : null,
            Layers = present?.Layers ?? layers,
            Created = Configurations.Created(plan.Configuration),
            Config = Configurations.Execution(plan.Configuration),
        };
        var others = index.Images
            .Where(i => i.Id != plan.Id)
            .Select(i => i.Without(names));
        return index with { Images = [.. others, record] };
    }

    private static ImageReference Parse(string name) =>
        ImageReference.TryParse(name, out var reference, out var problem)
            ? reference
            : throw new ImageException(ImageError.InvalidImage, $"the archive names an image in a way that is not valid: {problem}");
}

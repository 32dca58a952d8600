using Insula.Images.Formats;

namespace Insula.Images.Loading;

/// <summary>One image to load, its documents verified and its layers not yet looked at.</summary>
internal sealed record ImagePlan
{
    /// <summary>Names the archive gives it, not yet normalised.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Digest of the configuration.</summary>
    public required string Id { get; init; }

    public required byte[] ConfigurationDocument { get; init; }

    public required OciImageConfiguration Configuration { get; init; }

    /// <summary>The manifest; null in a docker archive.</summary>
    public byte[]? ManifestDocument { get; init; }

    /// <summary>Digests it can be named by: the manifest's first, then those of the indexes above it.</summary>
    public IReadOnlyList<string> ManifestDigests { get; init; } = [];

    /// <summary>Lowest first.</summary>
    public required IReadOnlyList<LayerPlan> Layers { get; init; }
}

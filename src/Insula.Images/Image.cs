namespace Insula.Images;

/// <summary>An image in the store. A snapshot: a later load or removal makes new ones.</summary>
public sealed record Image
{
    /// <summary>Digest of the configuration, <c>sha256:…</c>: what Kubernetes calls the image's id.</summary>
    public required string Id { get; init; }

    /// <summary>Normalised names (<c>docker.io/library/busybox:latest</c>), sorted; empty when it has none.</summary>
    public required IReadOnlyList<string> References { get; init; }

    /// <summary>Digest of the manifest; null for a docker archive, which has none.</summary>
    public string? Digest { get; init; }

    /// <summary>Bytes of the files in its layers, uncompressed. A layer shared with another image counts in both.</summary>
    public required long Size { get; init; }

    /// <summary>When the image was built, as it says itself; null when it does not.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>What the image says about running it.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>Absolute directories an overlay can use as lowers, uppermost first; at least one.</summary>
    public required IReadOnlyList<string> LayerDirectories { get; init; }
}

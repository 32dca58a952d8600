namespace Insula.Images;

/// <summary>An image in the store. A snapshot: a later load or removal makes new ones.</summary>
public sealed record Image
{
    /// <summary>Digest of the configuration, <c>sha256:…</c>: what Kubernetes calls the image's id.</summary>
    public required string Id { get; init; }

    /// <summary>Normalised names (<c>docker.io/library/busybox:latest</c>), sorted; empty when it has none.</summary>
    public required IReadOnlyList<string> References { get; init; }

    /// <summary>Digest of the manifest; null for a docker archive, which has none.</summary>
    public string? Digest => Digests.Count > 0 ? Digests[0] : null;

    /// <summary>Every digest it can be named by: the manifest's first, then those of indexes that led to it.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    /// <summary>Those of <see cref="References"/> that a pull gave it, sorted; the others were given by hand.</summary>
    public IReadOnlyList<string> Pulled { get; init; } = [];

    /// <summary>It stays however full the disk is, and whoever clears up.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Its layers, lowest first.</summary>
    public IReadOnlyList<ImageLayer> Layers { get; init; } = [];

    /// <summary>What people call it: its first name, or its id.</summary>
    public override string ToString() => References.Count > 0 ? References[0] : Id;

    /// <summary>Bytes that go when it goes: those of layers that no other image has.</summary>
    public long OwnSize => Layers.Where(l => !l.IsShared).DistinctBy(l => l.DiffId).Sum(l => l.Size);

    /// <summary>Bytes of the files in its layers, uncompressed. A layer shared with another image counts in both.</summary>
    public required long Size { get; init; }

    /// <summary>When the image was built, as it says itself; null when it does not.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>What the image says about running it.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>Absolute directories an overlay can use as lowers, uppermost first; at least one.</summary>
    public required IReadOnlyList<string> LayerDirectories { get; init; }
}

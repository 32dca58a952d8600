namespace Insula.Images;

/// <summary>Bounds on what a loaded image may make this machine read, keep or write. Sizes in bytes.</summary>
public sealed record ImageLimits
{
    /// <summary>The bounds used when nothing else is asked for.</summary>
    public static ImageLimits Default { get; } = new();

    /// <summary>Largest archive accepted, after decompression of its outer gzip.</summary>
    public long ArchiveBytes { get; init; } = 64L << 30;

    /// <summary>Most members of an archive.</summary>
    public int ArchiveMembers { get; init; } = 20_000;

    /// <summary>Largest index, manifest or configuration document.</summary>
    public int DocumentBytes { get; init; } = 4 << 20;

    /// <summary>Most descriptors in one index.</summary>
    public int IndexEntries { get; init; } = 1_000;

    /// <summary>How deep indexes may nest.</summary>
    public int IndexDepth { get; init; } = 3;

    /// <summary>Most images in one archive or layout.</summary>
    public int Images { get; init; } = 100;

    /// <summary>Most layers of one image. overlayfs takes 500.</summary>
    public int Layers { get; init; } = 128;

    /// <summary>Largest layer, uncompressed.</summary>
    public long LayerBytes { get; init; } = 32L << 30;

    /// <summary>Most entries in one layer.</summary>
    public int LayerEntries { get; init; } = 2_000_000;

    /// <summary>Most directories above an entry.</summary>
    public int PathDepth { get; init; } = 128;

    /// <summary>
    /// How many times larger than its blob a layer may become. Looked at once the layer has passed
    /// <see cref="ExpansionFloor"/>; deflate alone reaches 1,032.
    /// </summary>
    public int Expansion { get; init; } = 200;

    /// <summary>Uncompressed size below which <see cref="Expansion"/> is not looked at.</summary>
    public long ExpansionFloor { get; init; } = 256L << 20;

    /// <summary>Largest <c>/etc/passwd</c> or <c>/etc/group</c> that is read.</summary>
    public int UserDatabaseBytes { get; init; } = 4 << 20;

    /// <summary>Longest line in them: a group's may list many members.</summary>
    public int UserDatabaseLineBytes { get; init; } = 256 << 10;

    /// <summary>Most users or groups in them.</summary>
    public int UserDatabaseEntries { get; init; } = 65_536;
}

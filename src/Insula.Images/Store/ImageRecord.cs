namespace Insula.Images.Store;

/// <summary>One image in the index.</summary>
internal sealed record ImageRecord
{
    /// <summary>Digest of its configuration.</summary>
    public required string Id { get; init; }

    /// <summary>Digests it can be named by: the manifest's first, then those of indexes that led to it.</summary>
    public required IReadOnlyList<string> Digests { get; init; }

    /// <summary>Normalised names, sorted.</summary>
    public required IReadOnlyList<string> References { get; init; }

    /// <summary>Numbers of its layers, lowest first.</summary>
    public required IReadOnlyList<long> Layers { get; init; }

    public DateTimeOffset? Created { get; init; }

    public required ImageConfig Config { get; init; }
}

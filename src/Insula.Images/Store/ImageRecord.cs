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

    /// <summary>Those of its names that a pull gave it; null for none.</summary>
    public IReadOnlyList<string>? Pulled { get; init; }

    /// <summary>True when it is to stay; null otherwise.</summary>
    public bool? Pinned { get; init; }

    /// <summary>Numbers of its layers, lowest first.</summary>
    public required IReadOnlyList<long> Layers { get; init; }

    public DateTimeOffset? Created { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>Without some of its names.</summary>
    public ImageRecord Without(IReadOnlyList<string> names)
    {
        var pulled = Pulled?.Except(names).ToList();
        return this with { References = References.Except(names).ToList(), Pulled = pulled is { Count: > 0 } ? pulled : null };
    }
}

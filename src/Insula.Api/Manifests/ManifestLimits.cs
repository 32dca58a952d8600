namespace Insula.Api.Manifests;

/// <summary>What a manifest may cost at most; beyond it is refused rather than read.</summary>
public sealed record ManifestLimits
{
    /// <summary>The usual limits: 3 MiB (as Kubernetes' API server has), 48 levels, 200,000 values, 1,000 documents.</summary>
    public static ManifestLimits Default { get; } = new();

    /// <summary>Largest size in bytes.</summary>
    public int MaxBytes { get; init; } = 3 * 1024 * 1024;

    /// <summary>Deepest nesting; below the 64 levels that JSON readers take by default, lists of objects included.</summary>
    public int MaxDepth { get; init; } = 48;

    /// <summary>Most values after YAML aliases are replaced, so that a few aliases cannot become gigabytes.</summary>
    public int MaxValues { get; init; } = 200_000;

    /// <summary>Most documents in one file, items of lists included.</summary>
    public int MaxDocuments { get; init; } = 1_000;
}

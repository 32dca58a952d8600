namespace Insula.Images.Loading;

/// <summary>One layer to load.</summary>
/// <param name="Path">Where its blob is.</param>
/// <param name="DiffId">Digest of its uncompressed tar, from the image's configuration.</param>
/// <param name="Digest">Digest of its blob; null in a docker archive, which announces none.</param>
/// <param name="Size">Announced size of its blob; null when none is.</param>
internal sealed record LayerPlan(string Path, string DiffId, string? Digest, long? Size);

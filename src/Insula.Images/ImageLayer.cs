namespace Insula.Images;

/// <summary>A layer of an image in the store.</summary>
/// <param name="DiffId">Digest of its uncompressed tar, <c>sha256:…</c>.</param>
/// <param name="Size">Bytes of its files.</param>
/// <param name="IsShared">Whether another image has it, too.</param>
public sealed record ImageLayer(string DiffId, long Size, bool IsShared);

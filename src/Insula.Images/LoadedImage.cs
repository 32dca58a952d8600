namespace Insula.Images;

/// <summary>One image of a loaded archive or layout.</summary>
/// <param name="Image">The image as it is in the store now.</param>
/// <param name="References">The names this load gave it; empty when archive and caller named none.</param>
/// <param name="AlreadyPresent">The store had the image before; only names may have changed.</param>
/// <param name="Warnings">What was left out of its layers, and why.</param>
public sealed record LoadedImage(
    Image Image,
    IReadOnlyList<string> References,
    bool AlreadyPresent,
    IReadOnlyList<string> Warnings);

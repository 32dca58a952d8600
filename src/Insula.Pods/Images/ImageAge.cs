using Insula.Images;

namespace Insula.Pods.Images;

/// <summary>An image, when it is decided whether to keep it.</summary>
/// <param name="Image">The image.</param>
/// <param name="Since">When it came, or this daemon began.</param>
/// <param name="Idle">Since when no pod wants it; null while one does.</param>
internal sealed record ImageAge(Image Image, DateTimeOffset Since, DateTimeOffset? Idle);

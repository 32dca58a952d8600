namespace Insula.Images;

/// <summary>Where images are kept and how their layers are written.</summary>
public sealed record ImageOptions
{
    /// <summary>The store's directory, made 0700 when missing. Nothing else may write in it.</summary>
    public required string Directory { get; init; }

    /// <summary>What a hostile image may not exceed.</summary>
    public ImageLimits Limits { get; init; } = ImageLimits.Default;

    /// <summary>Whether files get the owners their layer gives them.</summary>
    public LayerOwnership Ownership { get; init; } = LayerOwnership.Preserve;

    /// <summary>
    /// How long a load waits for a layer that another has from elsewhere and that grows by less than 1 MiB in that time; then it fetches the layer itself.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The platform images must be for.</summary>
    public ImagePlatform Platform { get; init; } = ImagePlatform.Current;
}

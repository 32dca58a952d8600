namespace Insula.Api.Core;

/// <summary>The content of an image, read-only (core/v1 ImageVolumeSource).</summary>
public sealed record ImageVolumeSource
{
    /// <summary>The image.</summary>
    public string Reference { get; init => field = value ?? ""; } = "";

    /// <summary>When it is pulled: Always, IfNotPresent or Never.</summary>
    public string? PullPolicy { get; init; }
}

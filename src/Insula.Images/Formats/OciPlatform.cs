namespace Insula.Images.Formats;

/// <summary>The platform of a descriptor in an index.</summary>
internal sealed record OciPlatform
{
    public string? Os { get; init; }

    public string? Architecture { get; init; }

    public string? Variant { get; init; }
}

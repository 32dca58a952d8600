namespace Insula.Images.Formats;

/// <summary>
/// An OCI index or manifest, or Docker's equivalents. One type for both: which of the two a document is must be
/// unambiguous (CVE-2021-41190), so both sets of members are looked at.
/// </summary>
internal sealed record OciDocument
{
    public int? SchemaVersion { get; init; }

    public string? MediaType { get; init; }

    public OciDescriptor? Config { get; init; }

    public List<OciDescriptor>? Layers { get; init; }

    public List<OciDescriptor>? Manifests { get; init; }
}

namespace Insula.Images.Formats;

/// <summary>One image in a docker archive's <c>manifest.json</c>.</summary>
internal sealed record DockerArchiveEntry
{
    public string? Config { get; init; }

    public List<string>? RepoTags { get; init; }

    public List<string>? Layers { get; init; }
}

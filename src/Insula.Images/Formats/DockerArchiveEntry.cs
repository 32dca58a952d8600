using System.Text.Json.Serialization;

namespace Insula.Images.Formats;

/// <summary>One image in a docker archive's <c>manifest.json</c>.</summary>
internal sealed record DockerArchiveEntry
{
    [JsonPropertyName("Config")]
    public string? Config { get; init; }

    [JsonPropertyName("RepoTags")]
    public List<string>? RepoTags { get; init; }

    [JsonPropertyName("Layers")]
    public List<string>? Layers { get; init; }
}

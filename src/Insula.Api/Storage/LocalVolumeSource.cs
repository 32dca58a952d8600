namespace Insula.Api.Storage;

/// <summary>A directory or file of the machine (core/v1 LocalVolumeSource).</summary>
public sealed record LocalVolumeSource
{
    /// <summary>The path.</summary>
    public string Path { get; init => field = value ?? ""; } = "";
}

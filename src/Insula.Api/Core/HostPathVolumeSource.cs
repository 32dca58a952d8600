namespace Insula.Api.Core;

/// <summary>A path of the host (core/v1 HostPathVolumeSource).</summary>
public sealed record HostPathVolumeSource
{
    /// <summary>The path.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>"" (no check), DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice or BlockDevice.</summary>
    public string? Type { get; init; }
}

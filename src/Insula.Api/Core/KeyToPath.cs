namespace Insula.Api.Core;

/// <summary>A key that becomes a file (core/v1 KeyToPath).</summary>
public sealed record KeyToPath
{
    /// <summary>The key.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>The file's path in the volume.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Permission bits of the file; default the volume's.</summary>
    public int? Mode { get; init; }
}

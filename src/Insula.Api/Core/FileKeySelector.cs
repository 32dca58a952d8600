namespace Insula.Api.Core;

/// <summary>A key of an env file in a volume of the pod (core/v1 FileKeySelector).</summary>
public sealed record FileKeySelector
{
    /// <summary>The pod's volume, an emptyDir.</summary>
    public string VolumeName { get; init => field = value ?? ""; } = "";

    /// <summary>Path of the file in the volume.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>The key.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>Whether the file or the key may be missing.</summary>
    public bool? Optional { get; init; }
}

namespace Insula.Api.Core;

/// <summary>A file with a field of the pod (core/v1 DownwardAPIVolumeFile).</summary>
public sealed record DownwardApiVolumeFile
{
    /// <summary>The file's path in the volume.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>A field of the pod.</summary>
    public ObjectFieldSelector? FieldRef { get; init; }

    /// <summary>A limit or request of a container.</summary>
    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    /// <summary>Permission bits of the file; default the volume's.</summary>
    public int? Mode { get; init; }
}

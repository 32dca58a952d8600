using System.Text.Json.Serialization;

namespace Insula.Api.Core;

/// <summary>What became of a volume's mount (core/v1 VolumeMountStatus).</summary>
public sealed record VolumeMountStatus
{
    /// <summary>Name of the pod's volume.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Path in the container.</summary>
    public string MountPath { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it is mounted read-only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }

    /// <summary>Disabled or Enabled; null for mounts that are not read-only.</summary>
    public string? RecursiveReadOnly { get; init; }
}

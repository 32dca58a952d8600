using System.Text.Json.Serialization;

namespace Insula.Api.Core;

/// <summary>A volume mounted into a container (core/v1 VolumeMount).</summary>
public sealed record VolumeMount
{
    /// <summary>Name of the pod's volume.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it is mounted read-only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }

    /// <summary>Disabled, IfPossible or Enabled.</summary>
    public string? RecursiveReadOnly { get; init; }

    /// <summary>Path in the container; must not contain ':'.</summary>
    public string MountPath { get; init => field = value ?? ""; } = "";

    /// <summary>Path inside the volume that is mounted instead of its root.</summary>
    public string? SubPath { get; init; }

    /// <summary>None (default), HostToContainer or Bidirectional.</summary>
    public string? MountPropagation { get; init; }

    /// <summary>subPath with $(VAR) expanded.</summary>
    public string? SubPathExpr { get; init; }
}

using System.Text.Json.Nodes;

namespace Insula.Api.Core;

/// <summary>Security settings of a pod's containers (core/v1 PodSecurityContext).</summary>
public sealed record PodSecurityContext
{
    /// <summary>SELinux label.</summary>
    public SELinuxOptions? SeLinuxOptions { get; init; }

    /// <summary>Windows settings.</summary>
    public JsonNode? WindowsOptions { get; init; }

    /// <summary>User id of the containers.</summary>
    public long? RunAsUser { get; init; }

    /// <summary>Group id of the containers.</summary>
    public long? RunAsGroup { get; init; }

    /// <summary>Whether starting as user 0 is refused.</summary>
    public bool? RunAsNonRoot { get; init; }

    /// <summary>Further group ids of each container's first process.</summary>
    public IReadOnlyList<long> SupplementalGroups { get; init => field = value ?? []; } = [];

    /// <summary>Merge (default) or Strict.</summary>
    public string? SupplementalGroupsPolicy { get; init; }

    /// <summary>Group that owns the volumes.</summary>
    public long? FsGroup { get; init; }

    /// <summary>OnRootMismatch or Always.</summary>
    public string? FsGroupChangePolicy { get; init; }

    /// <summary>Namespaced kernel settings.</summary>
    public IReadOnlyList<Sysctl> Sysctls { get; init => field = value ?? []; } = [];

    /// <summary>System call filter.</summary>
    public SeccompProfile? SeccompProfile { get; init; }

    /// <summary>AppArmor profile.</summary>
    public AppArmorProfile? AppArmorProfile { get; init; }

    /// <summary>How SELinux labels are put on volumes.</summary>
    public string? SeLinuxChangePolicy { get; init; }
}

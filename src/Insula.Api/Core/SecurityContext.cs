using System.Text.Json.Nodes;

namespace Insula.Api.Core;

/// <summary>Security settings of a container (core/v1 SecurityContext).</summary>
public sealed record SecurityContext
{
    /// <summary>Capabilities added and dropped.</summary>
    public Capabilities? Capabilities { get; init; }

    /// <summary>Whether the container runs with all capabilities and devices.</summary>
    public bool? Privileged { get; init; }

    /// <summary>SELinux label.</summary>
    public SELinuxOptions? SeLinuxOptions { get; init; }

    /// <summary>Windows settings.</summary>
    public JsonNode? WindowsOptions { get; init; }

    /// <summary>User id; default the image's user.</summary>
    public long? RunAsUser { get; init; }

    /// <summary>Group id; default the image's.</summary>
    public long? RunAsGroup { get; init; }

    /// <summary>Whether starting as user 0 is refused.</summary>
    public bool? RunAsNonRoot { get; init; }

    /// <summary>Whether the root file system is read-only.</summary>
    public bool? ReadOnlyRootFilesystem { get; init; }

    /// <summary>false sets no_new_privs.</summary>
    public bool? AllowPrivilegeEscalation { get; init; }

    /// <summary>Default or Unmasked.</summary>
    public string? ProcMount { get; init; }

    /// <summary>System call filter.</summary>
    public SeccompProfile? SeccompProfile { get; init; }

    /// <summary>AppArmor profile.</summary>
    public AppArmorProfile? AppArmorProfile { get; init; }
}

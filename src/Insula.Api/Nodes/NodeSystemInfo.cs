using System.Text.Json.Serialization;

namespace Insula.Api.Nodes;

/// <summary>What the machine is (core/v1 NodeSystemInfo).</summary>
public sealed record NodeSystemInfo
{
    /// <summary>machine-id(5).</summary>
    [JsonPropertyName("machineID")]
    public string MachineId { get; init => field = value ?? ""; } = "";

    /// <summary>The hardware's id by DMI; empty where there is none.</summary>
    [JsonPropertyName("systemUUID")]
    public string SystemUuid { get; init => field = value ?? ""; } = "";

    /// <summary>The kernel's id of this boot.</summary>
    [JsonPropertyName("bootID")]
    public string BootId { get; init => field = value ?? ""; } = "";

    /// <summary>The kernel's release.</summary>
    public string KernelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>PRETTY_NAME of os-release(5).</summary>
    public string OsImage { get; init => field = value ?? ""; } = "";

    /// <summary>What runs containers, and its version: insula://0.1.0.</summary>
    public string ContainerRuntimeVersion { get; init => field = value ?? ""; } = "";

    /// <summary>The version of the daemon, which does a kubelet's work.</summary>
    public string KubeletVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Deprecated, and always empty.</summary>
    public string KubeProxyVersion { get; init => field = value ?? ""; } = "";

    /// <summary>linux.</summary>
    public string OperatingSystem { get; init => field = value ?? ""; } = "";

    /// <summary>As images name it: amd64, arm64.</summary>
    public string Architecture { get; init => field = value ?? ""; } = "";
}

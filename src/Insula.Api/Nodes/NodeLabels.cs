namespace Insula.Api.Nodes;

/// <summary>Labels of the machine that the daemon sets.</summary>
public static class NodeLabels
{
    /// <summary>Its name.</summary>
    public const string Hostname = "kubernetes.io/hostname";

    /// <summary>Its operating system.</summary>
    public const string OperatingSystem = "kubernetes.io/os";

    /// <summary>Its architecture.</summary>
    public const string Architecture = "kubernetes.io/arch";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Hostname, OperatingSystem, Architecture];
}

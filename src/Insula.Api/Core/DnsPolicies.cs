namespace Insula.Api.Core;

/// <summary>Values of PodSpec.DnsPolicy.</summary>
public static class DnsPolicies
{
    /// <summary>"ClusterFirst".</summary>
    public const string ClusterFirst = "ClusterFirst";

    /// <summary>"ClusterFirstWithHostNet".</summary>
    public const string ClusterFirstWithHostNet = "ClusterFirstWithHostNet";

    /// <summary>"Default".</summary>
    public const string Default = "Default";

    /// <summary>"None".</summary>
    public const string None = "None";
}

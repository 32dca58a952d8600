namespace Insula.Api.Core;

/// <summary>Values of ServiceSpec.Type.</summary>
public static class ServiceTypeNames
{
    /// <summary>"ClusterIP".</summary>
    public const string ClusterIP = "ClusterIP";

    /// <summary>"NodePort".</summary>
    public const string NodePort = "NodePort";

    /// <summary>"LoadBalancer".</summary>
    public const string LoadBalancer = "LoadBalancer";

    /// <summary>"ExternalName".</summary>
    public const string ExternalName = "ExternalName";
}

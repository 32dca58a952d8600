namespace Insula.Api.Core;

/// <summary>The directions a NetworkPolicy can be about.</summary>
public static class PolicyTypeNames
{
    /// <summary>Connections to pods.</summary>
    public const string Ingress = "Ingress";

    /// <summary>Connections from pods.</summary>
    public const string Egress = "Egress";
}

namespace Insula.Api.Core;

/// <summary>Values of ServiceSpec.InternalTrafficPolicy and ExternalTrafficPolicy.</summary>
public static class TrafficPolicies
{
    /// <summary>"Cluster": all endpoints.</summary>
    public const string Cluster = "Cluster";

    /// <summary>"Local": the endpoints of this machine alone.</summary>
    public const string Local = "Local";
}

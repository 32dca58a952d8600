using System.Net;

namespace Insula.Network.Dns.Cluster;

/// <summary>What pods have to know of the cluster's DNS.</summary>
/// <param name="Address">The address they ask: one of Services' range.</param>
/// <param name="Domain">What all names of Services end with.</param>
public sealed record ClusterDnsInfo(IPAddress Address, string Domain)
{
    /// <summary>The usual domain.</summary>
    public const string DefaultDomain = "cluster.local";

    /// <summary>Which address of Services' range it is unless another one is configured (as kubeadm has it).</summary>
    public const int DefaultOffset = 10;

    /// <summary>The port.</summary>
    public const int Port = 53;
}

using System.Net;
using Insula.Network.Dns;

namespace Insula.Network;

/// <summary>The addresses of one sandbox, at most one a family, the primary one first (Kubernetes' <c>status.podIPs</c>).</summary>
public sealed record PodAddresses
{
    /// <summary>The sandbox that has them.</summary>
    public required string SandboxId { get; init; }

    /// <summary>The addresses; never empty.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>The host's end of the pod's link; empty when others have made it.</summary>
    public required string HostInterface { get; init; }

    /// <summary>The name servers of the network, for pods that are not told others; <see langword="null"/> when it has none of its own.</summary>
    public ResolvConf? Dns { get; init; }

    /// <summary>Whether the limits of bandwidth that a pod asks for are kept.</summary>
    public bool LimitsBandwidth { get; init; }

    /// <summary>The primary address (Kubernetes' <c>status.podIP</c>).</summary>
    public IPAddress Primary => Addresses[0];
}

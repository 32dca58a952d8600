using System.Net;

namespace Insula.Network;

/// <summary>The addresses of one sandbox, at most one a family, the primary one first (Kubernetes' <c>status.podIPs</c>).</summary>
public sealed record PodAddresses
{
    /// <summary>The sandbox that has them.</summary>
    public required string SandboxId { get; init; }

    /// <summary>The addresses; never empty.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>The host's end of the pod's link.</summary>
    public required string HostInterface { get; init; }

    /// <summary>The primary address (Kubernetes' <c>status.podIP</c>).</summary>
    public IPAddress Primary => Addresses[0];
}

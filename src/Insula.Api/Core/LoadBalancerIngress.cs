namespace Insula.Api.Core;

/// <summary>One way in to a load balancer (core/v1 LoadBalancerIngress): an address or a name.</summary>
public sealed record LoadBalancerIngress
{
    /// <summary>The address.</summary>
    public string? Ip { get; init; }

    /// <summary>The DNS name.</summary>
    public string? Hostname { get; init; }

    /// <summary>How packets to the address come here, see <see cref="IpModes"/>; only with an address (KEP-1860).</summary>
    public string? IpMode { get; init; }

    /// <summary>The ports it serves.</summary>
    public IReadOnlyList<PortStatus> Ports { get; init => field = value ?? []; } = [];
}

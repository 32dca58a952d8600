namespace Insula.Api.Ingresses;

/// <summary>One address of an Ingress (networking/v1 IngressLoadBalancerIngress).</summary>
public sealed record IngressLoadBalancerIngress
{
    /// <summary>The address.</summary>
    public string? Ip { get; init; }

    /// <summary>A name instead of an address.</summary>
    public string? Hostname { get; init; }

    /// <summary>The ports there, and what is wrong with them.</summary>
    public IReadOnlyList<IngressPortStatus> Ports { get; init => field = value ?? []; } = [];
}

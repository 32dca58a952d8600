namespace Insula.Api.Core;

/// <summary>Where a load balancer is reached (core/v1 LoadBalancerStatus).</summary>
public sealed record LoadBalancerStatus
{
    /// <summary>Its addresses and names; none as long as there is no load balancer.</summary>
    public IReadOnlyList<LoadBalancerIngress> Ingress { get; init => field = value ?? []; } = [];
}

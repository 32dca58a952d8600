namespace Insula.Api.Ingresses;

/// <summary>The addresses of an Ingress (networking/v1 IngressLoadBalancerStatus).</summary>
public sealed record IngressLoadBalancerStatus
{
    /// <summary>The addresses; none as long as it is not served.</summary>
    public IReadOnlyList<IngressLoadBalancerIngress> Ingress { get; init => field = value ?? []; } = [];
}

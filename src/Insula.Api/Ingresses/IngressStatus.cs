namespace Insula.Api.Ingresses;

/// <summary>Where an Ingress is reached (networking/v1 IngressStatus).</summary>
public sealed record IngressStatus
{
    /// <summary>The addresses.</summary>
    public IngressLoadBalancerStatus LoadBalancer { get; init => field = value ?? new(); } = new();
}

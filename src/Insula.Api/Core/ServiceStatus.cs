namespace Insula.Api.Core;

/// <summary>What is known of a Service (core/v1 ServiceStatus).</summary>
public sealed record ServiceStatus
{
    /// <summary>Where its load balancer is reached.</summary>
    public LoadBalancerStatus LoadBalancer { get; init => field = value ?? new(); } = new();
}

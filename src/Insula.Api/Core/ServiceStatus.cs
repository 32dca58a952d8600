using System.Text.Json.Nodes;

namespace Insula.Api.Core;

/// <summary>What is known of a Service (core/v1 ServiceStatus).</summary>
public sealed record ServiceStatus
{
    /// <summary>State of the load balancer; there is none, so it is empty.</summary>
    public JsonNode? LoadBalancer { get; init; }
}

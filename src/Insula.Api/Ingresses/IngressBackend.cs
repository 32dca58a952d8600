using System.Text.Json.Nodes;

namespace Insula.Api.Ingresses;

/// <summary>What requests come to (networking/v1 IngressBackend).</summary>
public sealed record IngressBackend
{
    /// <summary>A Service of the Ingress' namespace.</summary>
    public IngressServiceBackend? Service { get; init; }

    /// <summary>Another object; refused.</summary>
    public JsonNode? Resource { get; init; }
}

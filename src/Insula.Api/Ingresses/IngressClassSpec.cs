using System.Text.Json.Nodes;

namespace Insula.Api.Ingresses;

/// <summary>Who serves the Ingresses of a class (networking/v1 IngressClassSpec).</summary>
public sealed record IngressClassSpec
{
    /// <summary>The controller; ours is <see cref="IngressWords.Controller"/>.</summary>
    public string? Controller { get; init; }

    /// <summary>Its settings; refused, ours has none.</summary>
    public JsonNode? Parameters { get; init; }
}

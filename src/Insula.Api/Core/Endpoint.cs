using System.Text.Json.Nodes;

namespace Insula.Api.Core;

/// <summary>One endpoint of a Service (discovery.k8s.io/v1 Endpoint).</summary>
public sealed record Endpoint
{
    /// <summary>Its addresses; all lead to the same, and the first is used.</summary>
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>Whether it takes connections.</summary>
    public EndpointConditions Conditions { get; init => field = value ?? new(); } = new();

    /// <summary>The pod's name below a headless Service's.</summary>
    public string? Hostname { get; init; }

    /// <summary>The pod.</summary>
    public ObjectReference? TargetRef { get; init; }

    /// <summary>The machine it is on.</summary>
    public string? NodeName { get; init; }

    /// <summary>Kept as given.</summary>
    public string? Zone { get; init; }

    /// <summary>Kept as given.</summary>
    public JsonNode? DeprecatedTopology { get; init; }

    /// <summary>No meaning on one machine.</summary>
    public JsonNode? Hints { get; init; }
}

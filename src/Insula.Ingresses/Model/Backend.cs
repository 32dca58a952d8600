using Insula.Api.Ingresses;

namespace Insula.Ingresses.Model;

/// <summary>A port of a Service with the settings of an Ingress, and the pods it leads to.</summary>
public sealed record Backend
{
    /// <summary>Its name in the configuration: of letters, digits, dashes, dots and colons.</summary>
    public required string Name { get; init; }

    /// <summary>Time-outs and limits.</summary>
    public required IngressSettings Settings { get; init; }

    /// <summary>What is spoken to the pods.</summary>
    public required BackendProtocol Protocol { get; init; }

    /// <summary>Whether a client's address comes to the same pod again.</summary>
    public required bool Sticky { get; init; }

    /// <summary>Addresses and ports that take requests, ordered and distinct.</summary>
    public required IReadOnlyList<System.Net.IPEndPoint> Endpoints { get; init; }
}

namespace Insula.Api.Core;

/// <summary>A port of endpoints (core/v1 EndpointPort, discovery/v1 EndpointPort).</summary>
public sealed record EndpointPort
{
    /// <summary>The Service port's name; empty when it has none.</summary>
    public string? Name { get; init; }

    /// <summary>The port, 1 to 65535.</summary>
    public int? Port { get; init; }

    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>What the port speaks, for information.</summary>
    public string? AppProtocol { get; init; }
}

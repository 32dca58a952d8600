using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>A TCP connection (core/v1 TCPSocketAction).</summary>
public sealed record TcpSocketAction
{
    /// <summary>Number, or name of a port of the container.</summary>
    public IntOrString Port { get; init; }

    /// <summary>Host to connect to; default the pod's address.</summary>
    public string? Host { get; init; }
}

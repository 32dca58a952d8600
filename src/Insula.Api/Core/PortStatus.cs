namespace Insula.Api.Core;

/// <summary>A port of a load balancer (core/v1 PortStatus).</summary>
public sealed record PortStatus
{
    /// <summary>The number.</summary>
    public int Port { get; init; }

    /// <summary>TCP, UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>Why it is not served, in one word; null when it is.</summary>
    public string? Error { get; init; }
}

namespace Insula.Api.Ingresses;

/// <summary>A port at which an Ingress is reached (networking/v1 IngressPortStatus).</summary>
public sealed record IngressPortStatus
{
    /// <summary>The port.</summary>
    public int Port { get; init; }

    /// <summary>TCP.</summary>
    public string? Protocol { get; init; }

    /// <summary>Why it does not serve, as a word with a domain before it; null when it does.</summary>
    public string? Error { get; init; }
}

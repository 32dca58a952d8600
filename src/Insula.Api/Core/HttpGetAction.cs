using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>An HTTP request (core/v1 HTTPGetAction).</summary>
public sealed record HttpGetAction
{
    /// <summary>Path; default "/".</summary>
    public string? Path { get; init; }

    /// <summary>Number, or name of a port of the container.</summary>
    public IntOrString Port { get; init; }

    /// <summary>Host to connect to; default the pod's address.</summary>
    public string? Host { get; init; }

    /// <summary>HTTP (default) or HTTPS (certificates are not verified).</summary>
    public string? Scheme { get; init; }

    /// <summary>Headers of the request; repeats are allowed.</summary>
    public IReadOnlyList<HttpHeader> HttpHeaders { get; init => field = value ?? []; } = [];
}

namespace Insula.Api.Ingresses;

/// <summary>Hosts and the certificate they are served with (networking/v1 IngressTLS).</summary>
public sealed record IngressTls
{
    /// <summary>The hosts; none: all that the certificate names.</summary>
    public IReadOnlyList<string> Hosts { get; init => field = value ?? []; } = [];

    /// <summary>A Secret of the type kubernetes.io/tls in the Ingress' namespace.</summary>
    public string? SecretName { get; init; }
}

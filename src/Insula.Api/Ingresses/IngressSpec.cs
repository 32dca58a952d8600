namespace Insula.Api.Ingresses;

/// <summary>Which requests come to which Services (networking/v1 IngressSpec).</summary>
public sealed record IngressSpec
{
    /// <summary>The class, which says who serves it.</summary>
    public string? IngressClassName { get; init; }

    /// <summary>Where requests come that no rule is for.</summary>
    public IngressBackend? DefaultBackend { get; init; }

    /// <summary>Hosts that are served with TLS, and their certificates.</summary>
    public IReadOnlyList<IngressTls> Tls { get; init => field = value ?? []; } = [];

    /// <summary>The rules, each for one host or for any.</summary>
    public IReadOnlyList<IngressRule> Rules { get; init => field = value ?? []; } = [];
}

namespace Insula.Api.Core;

/// <summary>DNS settings (core/v1 PodDNSConfig).</summary>
public sealed record PodDnsConfig
{
    /// <summary>Addresses of name servers, at most 3.</summary>
    public IReadOnlyList<string> Nameservers { get; init => field = value ?? []; } = [];

    /// <summary>Search domains.</summary>
    public IReadOnlyList<string> Searches { get; init => field = value ?? []; } = [];

    /// <summary>Resolver options.</summary>
    public IReadOnlyList<PodDnsConfigOption> Options { get; init => field = value ?? []; } = [];
}

namespace Insula.Network.Dns;

/// <summary>A pod's <c>dnsConfig</c>: added to what its policy yields.</summary>
public sealed record PodDnsConfig
{
    /// <summary>Addresses of name servers, after the policy's.</summary>
    public IReadOnlyList<string> Nameservers { get; init; } = [];

    /// <summary>Search domains, after the policy's.</summary>
    public IReadOnlyList<string> Searches { get; init; } = [];

    /// <summary>Options; one of the same name replaces the policy's. A <see langword="null"/> value is an option without one.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Options { get; init; } = [];
}

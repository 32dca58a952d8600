namespace Insula.Api.Core;

/// <summary>A resolver option (core/v1 PodDNSConfigOption).</summary>
public sealed record PodDnsConfigOption
{
    /// <summary>The option's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its value.</summary>
    public string? Value { get; init; }
}

namespace Insula.Api.Core;

/// <summary>Settings of affinity by the client's address (core/v1 ClientIPConfig).</summary>
public sealed record ClientIPConfig
{
    /// <summary>How long after its last connection a client comes to the same endpoint, in seconds, 1 to 86400; default 10800.</summary>
    public int? TimeoutSeconds { get; init; }
}

namespace Insula.Api.Core;

/// <summary>Settings of session affinity (core/v1 SessionAffinityConfig).</summary>
public sealed record SessionAffinityConfig
{
    /// <summary>Settings of affinity by the client's address.</summary>
    public ClientIPConfig? ClientIP { get; init; }
}

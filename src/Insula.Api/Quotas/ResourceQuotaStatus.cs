using Insula.Api.Values;

namespace Insula.Api.Quotas;

/// <summary>How much of a quota is used (core/v1 ResourceQuotaStatus).</summary>
public sealed record ResourceQuotaStatus
{
    /// <summary>The most of each resource, as it is enforced.</summary>
    public IReadOnlyDictionary<string, Quantity> Hard { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>What is used of each.</summary>
    public IReadOnlyDictionary<string, Quantity> Used { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;
}

using Insula.Api.Values;

namespace Insula.Api.Quotas;

/// <summary>How much, and of which pods (core/v1 ResourceQuotaSpec).</summary>
public sealed record ResourceQuotaSpec
{
    /// <summary>The most of each resource: see <see cref="QuotaResources"/>.</summary>
    public IReadOnlyDictionary<string, Quantity> Hard { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>Which pods count: see <see cref="QuotaScopes"/>; all of them must be met.</summary>
    public IReadOnlyList<string> Scopes { get; init => field = value ?? []; } = [];

    /// <summary>The same with operators and values.</summary>
    public ScopeSelector? ScopeSelector { get; init; }
}

namespace Insula.Api.Quotas;

/// <summary>A condition on pods that count (core/v1 ScopedResourceSelectorRequirement).</summary>
public sealed record ScopeRequirement
{
    /// <summary>The scope: see <see cref="QuotaScopes"/>.</summary>
    public string ScopeName { get; init => field = value ?? ""; } = "";

    /// <summary>In, NotIn, Exists, DoesNotExist.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>For In and NotIn: names of PriorityClasses.</summary>
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}

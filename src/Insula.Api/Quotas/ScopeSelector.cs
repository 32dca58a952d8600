namespace Insula.Api.Quotas;

/// <summary>Which pods count (core/v1 ScopeSelector).</summary>
public sealed record ScopeSelector
{
    /// <summary>Conditions; all must hold.</summary>
    public IReadOnlyList<ScopeRequirement> MatchExpressions { get; init => field = value ?? []; } = [];
}

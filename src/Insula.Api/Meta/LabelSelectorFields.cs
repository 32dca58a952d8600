using Insula.Api.Selectors;

namespace Insula.Api.Meta;

/// <summary>A label selector as manifests have it (meta/v1 LabelSelector). Without conditions it matches everything.</summary>
public sealed record LabelSelectorFields
{
    /// <summary>Labels that must have these values.</summary>
    public IReadOnlyDictionary<string, string> MatchLabels { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>Further conditions.</summary>
    public IReadOnlyList<LabelSelectorRequirement> MatchExpressions { get; init => field = value ?? []; } = [];

    /// <summary>The selector to match with.</summary>
    /// <exception cref="SelectorException">It has not been validated, and is not valid.</exception>
    public LabelSelector ToSelector() => LabelSelector.From(MatchLabels, MatchExpressions);
}

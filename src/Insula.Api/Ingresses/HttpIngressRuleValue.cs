namespace Insula.Api.Ingresses;

/// <summary>The paths of a rule (networking/v1 HTTPIngressRuleValue).</summary>
public sealed record HttpIngressRuleValue
{
    /// <summary>The paths, in any order: which is taken does not depend on it.</summary>
    public IReadOnlyList<HttpIngressPath> Paths { get; init => field = value ?? []; } = [];
}

namespace Insula.Api.Ingresses;

/// <summary>What requests to one host, or to any, come to (networking/v1 IngressRule).</summary>
public sealed record IngressRule
{
    /// <summary>The host: a name, or one whose first label is <c>*</c>; empty for any.</summary>
    public string? Host { get; init; }

    /// <summary>Its paths; null: all requests to the host come to the default backend.</summary>
    public HttpIngressRuleValue? Http { get; init; }
}

namespace Insula.Api.Meta;

/// <summary>One expression of a label selector (meta/v1).</summary>
public sealed record LabelSelectorRequirement
{
    /// <summary>The label's key.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>Values for In and NotIn.</summary>
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}

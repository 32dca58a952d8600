namespace Insula.Api.Paths;

/// <summary>One part of a template.</summary>
internal abstract record TemplatePart
{
    /// <summary>Text as it is.</summary>
    internal sealed record Text(string Value) : TemplatePart;

    /// <summary>The values of a path.</summary>
    internal sealed record Path(IReadOnlyList<PathStep> Steps, bool FromRoot) : TemplatePart;

    /// <summary>A body repeated for each value of a path.</summary>
    internal sealed record Range(IReadOnlyList<PathStep> Steps, bool FromRoot, IReadOnlyList<TemplatePart> Body) : TemplatePart;
}

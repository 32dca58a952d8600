namespace Insula.Api.Paths;

/// <summary>One step of a path.</summary>
internal abstract record PathStep
{
    /// <summary>Fields by name; several make a union.</summary>
    internal sealed record Fields(IReadOnlyList<string> Names) : PathStep;

    /// <summary>
    /// Quoted names in brackets; several make a union. Each is a field's whole name or, as kubectl reads it, a path whose
    /// dots are not escaped.
    /// </summary>
    internal sealed record Keys(IReadOnlyList<Key> All) : PathStep;

    /// <summary>Indices and slices of a list; several make a union.</summary>
    internal sealed record Slices(IReadOnlyList<Slice> All) : PathStep;

    /// <summary>All values of a list or an object.</summary>
    internal sealed record Wildcard : PathStep;

    /// <summary>The value and everything below it.</summary>
    internal sealed record Descent : PathStep;

    /// <summary>The items for which a condition holds.</summary>
    internal sealed record Filter(FilterOperand Left, string? Operator, FilterOperand? Right) : PathStep;

    /// <summary>A quoted name: as one, and split at its unescaped dots.</summary>
    internal sealed record Key(string Whole, IReadOnlyList<string> Parts);

    /// <summary>From, to and step as Python has them; a single index has <c>Single</c>.</summary>
    internal sealed record Slice(int? From, int? To, int Step, bool Single);
}

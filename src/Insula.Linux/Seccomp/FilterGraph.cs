namespace Insula.Linux.Seccomp;

/// <summary>The instructions of a filter by what they do: what does the same is there once.</summary>
internal sealed class FilterGraph
{
    private readonly Dictionary<(FilterInstruction, FilterNode?, FilterNode?), FilterNode> _nodes = [];

    /// <summary>An instruction with what it leads to.</summary>
    public FilterNode Node(FilterInstruction instruction, FilterNode? next, FilterNode? otherwise)
    {
        if (next == otherwise && next is not null && instruction.IsComparison)
        {
            return next;
        }

        var key = (instruction, next, otherwise);
        return _nodes.TryGetValue(key, out var node) ? node : _nodes[key] = new FilterNode(instruction, next, otherwise);
    }

    /// <summary>Comparisons that find the range in which a number is, by halves.</summary>
    /// <param name="ranges">Each with its first number, in their order; the first begins at 0.</param>
    public FilterNode Tree(IReadOnlyList<(uint First, FilterNode End)> ranges) => Tree(ranges, 0, ranges.Count);

    private FilterNode Tree(IReadOnlyList<(uint First, FilterNode End)> ranges, int from, int to)
    {
        if (to - from == 1)
        {
            return ranges[from].End;
        }

        var middle = (from + to) / 2;
        return Node(new FilterInstruction(FilterInstruction.IfAtLeast, 0, 0, ranges[middle].First), Tree(ranges, middle, to), Tree(ranges, from, middle));
    }
}

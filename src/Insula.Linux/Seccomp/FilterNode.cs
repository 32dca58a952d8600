namespace Insula.Linux.Seccomp;

/// <summary>An instruction of a filter with what it leads to. Two that do the same are one object.</summary>
/// <param name="instruction">It, without its distances.</param>
/// <param name="next">What follows, or where a comparison leads that holds; null when it ends.</param>
/// <param name="otherwise">Where a comparison leads that does not hold; null for others.</param>
internal sealed class FilterNode(FilterInstruction instruction, FilterNode? next, FilterNode? otherwise)
{
    public FilterInstruction Instruction => instruction;

    public FilterNode? Next => next;

    public FilterNode? Otherwise => otherwise;
}

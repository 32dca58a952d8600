using System.Runtime.InteropServices;

namespace Insula.Linux.Seccomp;

/// <summary>
/// Makes a filter shorter that does the same. libseccomp compares with each system call by itself; most of their numbers are neighbours of
/// others with the same end. The kernel checks and compiles the whole filter each time it is loaded, for each container and command.
/// </summary>
internal static class FilterRanges
{
    private const int FarthestJump = byte.MaxValue;

    /// <summary>The filter with comparisons of ranges; as it was when there is an instruction in it that is not known here.</summary>
    /// <param name="program">Instructions of 8 bytes, with jumps forward only, as the kernel takes them.</param>
    public static byte[] Merge(byte[] program)
    {
        var instructions = MemoryMarshal.Cast<byte, FilterInstruction>(program).ToArray();
        if (!instructions.All(i => i.IsKnown))
        {
            return program;
        }

        var graph = new FilterGraph();
        var merged = Write(Read(instructions, graph));
        return merged.Count < instructions.Length ? MemoryMarshal.AsBytes(merged.ToArray().AsSpan()).ToArray() : program;
    }

    // From the last to the first: what an instruction leads to is there already.
    private static FilterNode Read(FilterInstruction[] instructions, FilterGraph graph)
    {
        var nodes = new FilterNode[instructions.Length];
        for (var i = instructions.Length - 1; i >= 0; i--)
        {
            var instruction = instructions[i];
            nodes[i] = instruction switch
            {
                { Code: FilterInstruction.Return } => graph.Node(instruction, null, null),
                { Code: FilterInstruction.Jump } => nodes[i + 1 + (int)instruction.Value],
                { IsComparison: true } => graph.Node(instruction with { IfTrue = 0, IfFalse = 0 }, nodes[i + 1 + instruction.IfTrue], nodes[i + 1 + instruction.IfFalse]),
                { IsLoadOfCall: true } => graph.Node(instruction, graph.Tree(Ranges(nodes[i + 1])), null),
                _ => graph.Node(instruction, nodes[i + 1], null),
            };
        }

        return nodes[0];
    }

    // Where each call number leads to, as long as only that is looked at; neighbours that lead to the same are one.
    private static List<(uint First, FilterNode End)> Ranges(FilterNode node)
    {
        var ranges = new List<(uint First, FilterNode End)>();
        Walk(node, 0, uint.MaxValue);
        return ranges;

        void Walk(FilterNode at, uint first, uint last)
        {
            while (at.Instruction.IsLoadOfCall)
            {
                at = at.Next!;
            }

            var value = at.Instruction.Value;
            switch (at.Instruction.Code)
            {
                case FilterInstruction.IfEqual when value < first || value > last:
                    Walk(at.Otherwise!, first, last);
                    break;
                case FilterInstruction.IfEqual:
                    Part(at.Otherwise!, first, (long)value - 1);
                    Walk(at.Next!, value, value);
                    Part(at.Otherwise!, (long)value + 1, last);
                    break;
                case FilterInstruction.IfGreater or FilterInstruction.IfAtLeast:
                    var least = value + (at.Instruction.Code == FilterInstruction.IfGreater ? 1L : 0L);
                    Part(at.Otherwise!, first, Math.Min(last, least - 1));
                    Part(at.Next!, Math.Max(first, least), last);
                    break;
                default:
                    if (ranges.Count == 0 || ranges[^1].End != at)
                    {
                        ranges.Add((first, at));
                    }

                    break;
            }
        }

        void Part(FilterNode at, long first, long last)
        {
            if (first <= last)
            {
                Walk(at, (uint)first, (uint)last);
            }
        }
    }

    // From the last to the first again. A comparison jumps over 255 instructions at most; farther it goes by way of a copy or a jump.
    private static List<FilterInstruction> Write(FilterNode first)
    {
        var backwards = new List<FilterInstruction>();
        var places = new Dictionary<FilterNode, int>();
        foreach (var node in Order(first))
        {
            var instruction = node.Instruction;
            if (instruction.IsComparison)
            {
                var otherwise = Near(node.Otherwise!, room: 1);
                var next = Near(node.Next!, room: 0);
                instruction = instruction with { IfTrue = (byte)(backwards.Count - 1 - next), IfFalse = (byte)(backwards.Count - 1 - otherwise) };
            }
            else if (node.Next is { } next && places[next] != backwards.Count - 1)
            {
                backwards.Add(new(FilterInstruction.Jump, 0, 0, (uint)(backwards.Count - 1 - places[next])));
            }

            places[node] = backwards.Count;
            backwards.Add(instruction);
        }

        backwards.Reverse();
        return backwards;

        // A place, counted from the end, that a comparison reaches which is added next, or after some more.
        int Near(FilterNode node, int room)
        {
            var place = places[node];
            var distance = backwards.Count - 1 - place;
            if (distance <= FarthestJump - room)
            {
                return place;
            }

            backwards.Add(node.Instruction.Code == FilterInstruction.Return ? node.Instruction : new(FilterInstruction.Jump, 0, 0, (uint)distance));
            return places[node] = backwards.Count - 1;
        }
    }

    // Each after all that it leads to.
    private static List<FilterNode> Order(FilterNode first)
    {
        var order = new List<FilterNode>();
        var seen = new HashSet<FilterNode>();
        Visit(first);
        return order;

        void Visit(FilterNode node)
        {
            if (!seen.Add(node))
            {
                return;
            }

            if (node.Otherwise is { } otherwise)
            {
                Visit(otherwise);
            }

            if (node.Next is { } next)
            {
                Visit(next);
            }

            order.Add(node);
        }
    }
}

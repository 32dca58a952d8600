using System.Runtime.InteropServices;
using Insula.Linux.Seccomp;
using Insula.Tests.Shared;

namespace Insula.Linux.Tests.Seccomp;

/// <summary>A filter that was made shorter does what it did.</summary>
public sealed class FilterRangesTests
{
    private const uint Native = 0xC000003E;

    [Fact]
    public void Neighbours_with_the_same_end_are_one_range()
    {
        List<FilterInstruction> program = [new(FilterInstruction.Load, 0, 0, 0)];
        for (uint call = 10; call < 110; call++)
        {
            program.Add(new(FilterInstruction.IfEqual, (byte)(110 - call), 0, call));
        }

        program.Add(new(FilterInstruction.Return, 0, 0, 1));
        program.Add(new(FilterInstruction.Return, 0, 0, 2));
        var merged = FilterRanges.Merge(Bytes(program));
        Assert.Equal(5, merged.Length / 8); // load, two comparisons, two ends
        Assert.Equal([1u, 2u, 2u, 1u, 1u], ((int[])[9, 10, 109, 110, -1]).Select(call => FilterInterpreter.Run(merged, Native, call)));
    }

    [Fact]
    public void What_is_not_known_stays_as_it_is()
    {
        var program = Bytes([new(FilterInstruction.Load, 0, 0, 0), new(0x04, 0, 0, 1), new(FilterInstruction.Return, 0, 0, 1)]);
        Assert.Same(program, FilterRanges.Merge(program));
    }

    // Whatever is compared in whatever order, near and far: as long as it is a program that the kernel would take.
    [Fact]
    public void Any_filter_does_the_same_after_it()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var program = Program(random, length: random.Next(2, seed % 4 == 0 ? 1500 : 60), calls: (uint)random.Next(4, 600));
            var (before, after) = (Bytes(program), FilterRanges.Merge(Bytes(program)));
            Assert.True(after.Length <= before.Length, $"seed {seed}: {before.Length} bytes became {after.Length}");
            foreach (var call in Calls(program, random))
            {
                ulong[] arguments = [(ulong)random.Next(6), (ulong)random.Next(6)];
                var architecture = random.Next(2) == 0 ? Native : 0x40000003;
                Assert.True(
                    FilterInterpreter.Run(before, architecture, call, arguments) == FilterInterpreter.Run(after, architecture, call, arguments),
                    $"seed {seed}: call {call} with {arguments[0]} and {arguments[1]} of {architecture:x}");
            }
        }
    }

    // Each number that is compared with, and its neighbours.
    private static IEnumerable<int> Calls(List<FilterInstruction> program, Random random) => program
        .Where(i => i.IsComparison).SelectMany(i => (uint[])[i.Value - 1, i.Value, i.Value + 1])
        .Concat([0u, 1u, uint.MaxValue, (uint)int.MaxValue]).Concat(Enumerable.Range(0, 20).Select(_ => (uint)random.Next())).Distinct().Select(call => (int)call);

    private static List<FilterInstruction> Program(Random random, int length, uint calls)
    {
        var program = new List<FilterInstruction> { new(FilterInstruction.Load, 0, 0, (uint)random.Next(2) * 4) };
        while (program.Count < length - 1)
        {
            var left = length - 1 - program.Count; // instructions after this one, the last of which returns
            byte Over() => (byte)random.Next(Math.Min(left, 256));
            program.Add(random.Next(12) switch
            {
                0 => new(FilterInstruction.Load, 0, 0, 0),
                1 => new(FilterInstruction.Load, 0, 0, 16 + (8 * (uint)random.Next(2))),
                2 => new(FilterInstruction.Return, 0, 0, (uint)random.Next(3)),
                3 => new(FilterInstruction.Jump, 0, 0, (uint)random.Next(left)),
                4 => new(FilterInstruction.And, 0, 0, 7),
                5 => new(FilterInstruction.IfAnySet, Over(), Over(), (uint)random.Next(8)),
                6 => new(FilterInstruction.IfGreater, Over(), Over(), random.Next(9) == 0 ? uint.MaxValue : (uint)random.Next((int)calls)),
                7 => new(FilterInstruction.IfAtLeast, Over(), Over(), (uint)random.Next((int)calls)),
                8 => new(FilterInstruction.IfEqual, Over(), Over(), uint.MaxValue),
                _ => new(FilterInstruction.IfEqual, Over(), 0, (uint)random.Next((int)calls)),
            });
        }

        program.Add(new(FilterInstruction.Return, 0, 0, 3));
        return program;
    }

    private static byte[] Bytes(List<FilterInstruction> program) => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(program)).ToArray();
}

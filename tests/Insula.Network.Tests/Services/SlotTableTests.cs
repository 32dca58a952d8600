using FsCheck;
using FsCheck.Fluent;
using Insula.Network.Services;

namespace Insula.Network.Tests.Services;

public sealed class SlotTableTests
{
    [Fact]
    public void The_busiest_of_1_to_200_gets_at_most_1_15_of_the_mean()
    {
        for (var count = 1; count <= 200; count++)
        {
            var size = SlotTable.SizeFor(count);
            var slots = SlotTable.Fill(null, Targets(Enumerable.Range(1, count)), size);
            var most = slots.GroupBy(s => s).Max(g => g.Count());
            Assert.Equal(count, slots.Distinct().Count());
            Assert.InRange(most / (size / (double)count), 1, 1.15);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 16)]
    [InlineData(2, 16)]
    [InlineData(3, 64)]
    [InlineData(8, 64)]
    [InlineData(9, 256)]
    [InlineData(33, 2048)]
    [InlineData(300, 2048)]
    [InlineData(5000, 2048)]
    public void Sizes(int targets, int size) => Assert.Equal(size, SlotTable.SizeFor(targets));

    [Fact]
    public void More_targets_than_slots_fill_them_all() =>
        Assert.Equal(2048, SlotTable.Fill(null, Targets(Enumerable.Range(1, 5000)), 2048).Where(s => !s.IsNone).Distinct().Count());

    [Fact]
    public void Whatever_comes_and_goes_shares_are_even_and_no_slot_moves_without_need() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
#pragma warning disable CA5394 // Nothing secret is drawn.
        var random = new Random(seed);
        var present = new HashSet<int>();
        Target[]? before = null;
        for (var step = 0; step < 40; step++)
        {
            var old = Targets(present);
            for (var i = random.Next(1, 8); i > 0; i--)
            {
                if (!present.Remove(random.Next(1, 40)))
                {
                    present.Add(random.Next(1, 40));
                }
            }

            if (present.Count == 0)
            {
                continue;
            }

            const int Size = 256;
            var targets = Targets(present);
            var after = SlotTable.Fill(before, targets, Size);
            var counts = after.GroupBy(s => s).ToDictionary(g => g.Key, g => g.Count());
            Assert.Equal(targets.Order(Comparer<Target>.Create((a, b) => a.Address.CompareTo(b.Address))), counts.Keys.Order(Comparer<Target>.Create((a, b) => a.Address.CompareTo(b.Address))));
            Assert.InRange(counts.Values.Max() - counts.Values.Min(), 0, 1);
            if (before is not null)
            {
                // What has to move: slots of targets that are gone, and as many as the new ones must get.
                var needed = before.Count(s => !targets.Contains(s)) + (targets.Except(old).Count() * ((Size / targets.Count) + 1)) + targets.Count;
                Assert.InRange(Enumerable.Range(0, Size).Count(i => before[i] != after[i]), 0, needed);
                Assert.Equal(after, SlotTable.Fill(after, targets, Size));
            }

            before = after;
        }
#pragma warning restore CA5394
    }).QuickCheckThrowOnFailure();

    private static List<Target> Targets(IEnumerable<int> numbers) => [.. numbers.Select(n => new Target(PackedAddress.AnyV4 with { Low = PackedAddress.AnyV4.Low + (ulong)n }, 80))];
}

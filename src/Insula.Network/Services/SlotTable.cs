namespace Insula.Network.Services;

/// <summary>
/// How many slots a frontend has, and which target each of them leads to. A connection takes a slot at random. With eight slots a target the
/// busiest gets at most 1.125 times the mean; beyond 256 targets there are fewer, and beyond 2048 targets the rest get nothing. Pure.
/// </summary>
internal static class SlotTable
{
    private const int SlotsPerTarget = 8;

    /// <summary>The sizes there are.</summary>
    public static readonly IReadOnlyList<int> Sizes = [16, 64, 256, 2048];

    /// <summary>The size for a number of targets; 0 for none.</summary>
    public static int SizeFor(int targets) => targets == 0 ? 0 : Sizes.Where(s => s >= targets * SlotsPerTarget).DefaultIfEmpty(Sizes[^1]).First();

    /// <summary>Fills a table evenly (shares differ by at most one slot), moving as few slots as can be.</summary>
    /// <param name="before">The table as it is, of the same size; null for a new one.</param>
    /// <param name="targets">The targets, each once, at least one.</param>
    /// <param name="size">How many slots.</param>
    public static Target[] Fill(Target[]? before, IReadOnlyList<Target> targets, int size)
    {
        var few = size / targets.Count;
        var extra = size % targets.Count;
        var counts = targets.Take(size).ToDictionary(t => t, _ => 0);
        var slots = new Target[size];
        var larger = 0;
        for (var i = 0; i < size && before is not null; i++)
        {
            if (!counts.TryGetValue(before[i], out var count))
            {
                continue;
            }

            // One of those that have a slot more than others, as long as there may be such.
            if (count < few || (count == few && larger < extra))
            {
                larger += count == few ? 1 : 0;
                counts[before[i]] = count + 1;
                slots[i] = before[i];
            }
        }

        var free = new Queue<int>(Enumerable.Range(0, size).Where(i => slots[i].IsNone));
        foreach (var most in (ReadOnlySpan<int>)[few, few + 1])
        {
            // In turns, so that a new table is not one block after the other.
            for (var again = true; again && free.Count > 0;)
            {
                again = false;
                foreach (var target in targets.Take(size))
                {
                    if (counts[target] < most && free.TryDequeue(out var slot))
                    {
                        slots[slot] = target;
                        counts[target]++;
                        again = true;
                    }
                }
            }
        }

        return slots;
    }
}

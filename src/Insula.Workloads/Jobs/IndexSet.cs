using System.Globalization;
using System.Text;

namespace Insula.Workloads.Jobs;

/// <summary>Sets of indexes, written as 1,3-5 (batch/v1 completedIndexes).</summary>
public static class IndexSet
{
    /// <summary>The indexes of a text; what is none of one is left out.</summary>
    /// <param name="text">The text; null is the empty set.</param>
    /// <param name="below">Indexes from here on are left out.</param>
    public static SortedSet<int> Parse(string? text, int below)
    {
        var indexes = new SortedSet<int>();
        foreach (var (first, last) in Intervals(text, below))
        {
            for (var index = first; index <= last; index++)
            {
                indexes.Add(index);
            }
        }

        return indexes;
    }

    /// <summary>How many of a set are named by a text, and how many it names. Each is looked at once, however long the intervals are.</summary>
    /// <param name="text">The text, in order.</param>
    /// <param name="set">The set.</param>
    /// <param name="below">Indexes from here on are left out.</param>
    public static (int Contained, int Named) Match(string? text, SortedSet<int> set, int below)
    {
        ArgumentNullException.ThrowIfNull(set);
        var (contained, named) = (0, 0);
        using var index = set.GetEnumerator();
        var more = index.MoveNext();
        foreach (var (first, last) in Intervals(text, below))
        {
            named += last - first + 1;
            while (more && index.Current <= last)
            {
                contained += index.Current >= first ? 1 : 0;
                more = index.MoveNext();
            }
        }

        return (contained, named);
    }

    private static IEnumerable<(int First, int Last)> Intervals(string? text, int below)
    {
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last && first < below)
            {
                yield return (first, Math.Min(last, below - 1));
            }
        }
    }

    /// <summary>The text of a set; null when it is empty.</summary>
    public static string? Format(IEnumerable<int> indexes)
    {
        var text = new StringBuilder();
        int? first = null;
        var last = 0;
        foreach (var index in indexes.Order())
        {
            if (first is not null && index == last + 1)
            {
                last = index;
                continue;
            }

            Close();
            (first, last) = (index, index);
        }

        Close();
        return text.Length == 0 ? null : text.ToString();

        void Close()
        {
            if (first is { } start)
            {
                text.Append(text.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{start}");
                text.Append(last == start ? "" : last == start + 1 ? "," : "-").Append(last == start ? "" : last.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}

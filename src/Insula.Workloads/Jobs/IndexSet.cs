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
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                for (var index = first; index <= last && index < below; index++)
                {
                    indexes.Add(index);
                }
            }
        }

        return indexes;
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

using System.Globalization;

namespace Insula.Api.Workloads;

/// <summary>One field of a schedule: which numbers it has, and whether it leaves all open.</summary>
internal readonly record struct CronField(ulong Bits, bool IsOpen)
{
    public bool Has(int number) => (Bits & (1UL << number)) != 0;

    /// <summary>Reads lists of numbers, names, ranges and steps: <c>*</c>, <c>*/5</c>, <c>1-5</c>, <c>MON-FRI</c>, <c>10/15</c>.</summary>
    public static CronField? Parse(string text, int least, int most, IReadOnlyList<string>? names, out string complaint)
    {
        complaint = "";
        ulong bits = 0;
        var open = false;
        foreach (var part in text.Split(','))
        {
            var halves = part.Split('/');
            var ends = halves[0].Split('-');
            var step = 1;
            if (halves.Length > 2 || ends.Length > 2 || (halves.Length == 2 && (!int.TryParse(halves[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step == 0)))
            {
                complaint = $"\"{part}\" is no number, range or step";
                return null;
            }

            int first, last;
            if (halves[0] is "*" or "?")
            {
                (first, last) = (least, most);
                open |= step == 1;
            }
            else if (Number(ends[0], least, names) is { } from && Number(ends[^1], least, names) is { } to)
            {
                first = from;
                last = ends.Length == 1 && halves.Length == 2 ? most : to;
            }
            else
            {
                complaint = $"\"{part}\" is no number, range or step";
                return null;
            }

            // Sunday is 0 and 7.
            var highest = most == 6 ? 7 : most;
            if (first < least || last > highest || first > last)
            {
                complaint = string.Create(CultureInfo.InvariantCulture, $"\"{part}\" is not within {least} to {most}");
                return null;
            }

            for (var number = first; number <= last; number += step)
            {
                bits |= 1UL << (most == 6 ? number % 7 : number);
            }
        }

        return new CronField(bits, open);
    }

    private static int? Number(string text, int least, IReadOnlyList<string>? names)
    {
        for (var i = 0; i < (names?.Count ?? 0); i++)
        {
            if (string.Equals(names![i], text, StringComparison.OrdinalIgnoreCase))
            {
                return least + i;
            }
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}

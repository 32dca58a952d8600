using System.Globalization;
using Insula.Api.Validation;

namespace Insula.Api.Workloads;

/// <summary>Checks sets of indexes that manifests give, as 1,3-5.</summary>
internal static class IndexText
{
    /// <summary>How many indexes a text names, or what is wrong with it.</summary>
    public static (int Count, string? Complaint) Check(string text, int completions)
    {
        if (text.Length == 0)
        {
            return (0, null);
        }

        var (count, previous) = (0, -1);
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2)
            {
                return (0, $"the fragment {Quoted.Text(part)} violates the requirement that an index interval can have at most two parts separated by '-'");
            }

            int? first = null;
            foreach (var end in ends)
            {
                if (!int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                {
                    return (0, $"cannot convert string to integer for index: {Quoted.Text(end)}");
                }

                if (index >= completions)
                {
                    return (0, $"too large index: {Quoted.Text(end)}");
                }

                if (index <= previous)
                {
                    return (0, string.Create(CultureInfo.InvariantCulture, $"non-increasing order, previous: {previous}, current: {index}"));
                }

                first ??= index;
                previous = index;
            }

            count += previous - first!.Value + 1;
        }

        return (count, null);
    }
}

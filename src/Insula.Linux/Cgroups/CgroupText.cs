using System.Globalization;

namespace Insula.Linux.Cgroups;

/// <summary>Values out of control files.</summary>
internal static class CgroupText
{
    /// <summary>A file of one number; null for none, or <c>max</c>.</summary>
    public static long? Number(string? text) =>
        ulong.TryParse(text?.Trim(), CultureInfo.InvariantCulture, out var value) ? Saturate(value) : null;

    /// <summary>The value of a line <c>key value</c>; null when there is no such line.</summary>
    public static long? Field(string? text, string key)
    {
        if (text is null)
        {
            return null;
        }

        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal)
                && ulong.TryParse(line[(key.Length + 1)..].Trim(), CultureInfo.InvariantCulture, out var value))
            {
                return Saturate(value);
            }
        }

        return null;
    }

    /// <summary>The process numbers of a cgroup.procs file.</summary>
    public static IEnumerable<int> Processes(string? text) =>
        (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line, CultureInfo.InvariantCulture));

    private static long Saturate(ulong value) => value > long.MaxValue ? long.MaxValue : (long)value;
}

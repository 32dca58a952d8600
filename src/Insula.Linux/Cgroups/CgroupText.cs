using System.Globalization;

namespace Insula.Linux.Cgroups;

/// <summary>Values out of control files.</summary>
internal static class CgroupText
{
    /// <summary>What v1 shows for no limit of memory is not less than this.</summary>
    public const long NoMemoryLimit = 1L << 62;

    /// <summary>Whether a file shows what was written to it: amounts of memory are rounded down to whole pages, and v1 shows a large number for none.</summary>
    public static bool Shows(string text, string written)
    {
        var shown = text.Trim();
        if (shown == written)
        {
            return true;
        }

        return Number(shown) is { } there && (written == "-1"
            ? there >= NoMemoryLimit
            : Number(written) is { } bytes && there == bytes - (bytes % Environment.SystemPageSize));
    }

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

    /// <summary>A file of pressure: lines <c>some avg10=… avg60=… avg300=… total=N</c> and <c>full …</c>, which the processors' may lack; null for none.</summary>
    public static Pressure? Pressure(string? text) =>
        Word(text, "some", "total=") is { } some ? new Pressure(some, Word(text, "full", "total=") ?? 0) : null;

    /// <summary>An <c>io.stat</c>: for each disk a line <c>8:0 rbytes=N wbytes=N rios=N wios=N …</c>.</summary>
    public static DiskUse DiskUse(string text)
    {
        var disks = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new DiskUse(Sum("rbytes="), Sum("wbytes="), Sum("rios="), Sum("wios="));

        long Sum(string name) => disks.Sum(line => Word(line, "", name) ?? 0);
    }

    // The number behind a name, in the first line that begins so.
    private static long? Word(string? text, string line, string name)
    {
        foreach (var each in (text ?? "").Split('\n'))
        {
            if (each.StartsWith(line, StringComparison.Ordinal) && each.Split(' ').FirstOrDefault(word => word.StartsWith(name, StringComparison.Ordinal)) is { } found)
            {
                return Number(found[name.Length..]);
            }
        }

        return null;
    }

    private static long Saturate(ulong value) => value > long.MaxValue ? long.MaxValue : (long)value;
}

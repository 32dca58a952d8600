using System.Globalization;
using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>What a pod or container uses, of the daemon's <c>podstats</c>, in the units of kubectl top.</summary>
internal sealed class Use(JsonNode? of)
{
    private const string Unknown = "<unknown>";

    /// <summary>Nanoseconds of CPU time a second; null where it is not known (yet).</summary>
    public long? NanoCores => Number("cpu", "usageNanoCores");

    /// <summary>The working set, bytes.</summary>
    public long? Bytes => Number("memory", "workingSetBytes");

    /// <summary>Millicores, rounded up.</summary>
    public string Cpu => Cores(NanoCores) ?? Unknown;

    public string? CpuLimit => Cores(Number("cpu", "limitNanoCores"));

    /// <summary>Whole mebibytes, below one kibibytes.</summary>
    public string Memory => Mebibytes(Bytes) ?? Unknown;

    public string? MemoryLimit => Mebibytes(Number("memory", "limitBytes"));

    /// <summary>Processes killed for want of memory.</summary>
    public long OomKills => Number("memory", "oomKills") ?? 0;

    public string Pids => Number("pids", "current") is { } current ? Of(Text(current), Number("pids", "limit") is { } limit ? Text(limit) : null) : Unknown;

    /// <summary>In how many percent of its periods it was held back since its start; null where nothing limits it.</summary>
    public double? Throttled => Number("cpu", "limitNanoCores") is not null && Number("cpu", "periods") is > 0 and var periods
        ? 100.0 * (Number("cpu", "throttledPeriods") ?? 0) / periods
        : null;

    /// <summary>A share in whole percent; what is not none is not shown as 0.</summary>
    public static string Percent(double? share) => share switch
    {
        null => "<none>",
        > 0 and < 1 => "<1%",
        var some => $"{some.Value.ToString("0", CultureInfo.InvariantCulture)}%",
    };

    /// <summary>CPU against its limit, and what the limit does.</summary>
    public string CpuInWords()
    {
        var use = Of(Cpu, CpuLimit);
        return Throttled is > 0 and var share
            ? string.Create(CultureInfo.InvariantCulture, $"{use}, throttled in {Percent(share)} of {Number("cpu", "periods")} periods ({(Number("cpu", "throttledNanoSeconds") ?? 0) / 1e9:0.#} s)")
            : use;
    }

    /// <summary>Memory against its limit, and what the limit did.</summary>
    public string MemoryInWords()
    {
        var use = Of(Memory, MemoryLimit);
        if (Mebibytes(Number("memory", "minBytes") ?? Number("memory", "lowBytes")) is { } kept)
        {
            use += $", {kept} protected";
        }

        if (Mebibytes(Number("memory", "highBytes")) is { } high)
        {
            use += Number("memory", "throttled") is > 0 and var times ? $", throttled {times} times from {high} on" : $", throttled from {high} on";
        }

        return OomKills switch
        {
            0 => use,
            1 => $"{use}, 1 process killed for want of it",
            var many => $"{use}, {many} processes killed for want of it",
        };
    }

    private static string Of(string use, string? limit) => limit is null ? use : $"{use} of {limit}";

    /// <summary>Nanoseconds of CPU time a second as millicores, rounded up.</summary>
    internal static string? Cores(long? nano) => nano is { } value ? $"{Text((value + 999_999) / 1_000_000)}m" : null;

    /// <summary>Bytes as mebibytes, below one as kibibytes.</summary>
    internal static string? Mebibytes(long? bytes) => bytes is { } value ? value < 1 << 20 ? $"{Text(value >> 10)}Ki" : $"{Text(value >> 20)}Mi" : null;

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private long? Number(string group, string name) => (long?)of?[group]?[name];
}

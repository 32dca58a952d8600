using System.Globalization;
using Insula.Api.Values;

namespace Insula.Pods.Eviction;

/// <summary>How much must be left of something: an amount, or a part of what there is.</summary>
/// <param name="Signal">What is measured.</param>
/// <param name="Least">The amount; null where <paramref name="Percent"/> says it.</param>
/// <param name="Percent">The part; null where <paramref name="Least"/> says it.</param>
public sealed record EvictionThreshold(EvictionSignal Signal, Quantity? Least, decimal? Percent)
{
    /// <summary>The word for no thresholds.</summary>
    public const string None = "none";

    /// <summary>A kubelet's of memory; of disk those of k3s, since the disk is not the pods' alone; a kubelet has none of process ids.</summary>
    public static IReadOnlyList<EvictionThreshold> Defaults { get; } =
        ParseList("memory.available<100Mi,nodefs.available<5%,nodefs.inodesFree<5%,imagefs.available<5%,imagefs.inodesFree<5%,pid.available<10%");

    /// <summary>Reads <c>memory.available&lt;100Mi,nodefs.available&lt;10%</c>, or <c>none</c>.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static IReadOnlyList<EvictionThreshold> ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == None)
        {
            return [];
        }

        List<EvictionThreshold> all = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(one => TryParse(one) ?? throw Malformed($"\"{one}\" is no threshold"))];
        return all.GroupBy(t => t.Signal).FirstOrDefault(g => g.Count() > 1) is { } twice ? throw Malformed($"{twice.Key.Name()} is there twice") : all;
    }

    /// <summary>Writes what <see cref="ParseList"/> reads, with room for lines to break.</summary>
    public static string Format(IReadOnlyList<EvictionThreshold> thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        return thresholds.Count == 0 ? None : string.Join(", ", thresholds);
    }

    /// <summary>The amount that must be left.</summary>
    /// <param name="capacity">What there is in all.</param>
    public long Amount(long capacity) => Least?.Value ?? (long)(capacity * (Percent ?? 0) / 100);

    /// <summary>Whether less is left. Another signal's level never is too low.</summary>
    public bool IsMet(SignalLevel level) => level.Signal == Signal && level.Available < Amount(level.Capacity);

    /// <inheritdoc/>
    public override string ToString() => $"{Signal.Name()}<{(Percent is { } part ? string.Create(CultureInfo.InvariantCulture, $"{part}%") : Least)}";

    private static EvictionThreshold? TryParse(string text)
    {
        if (text.Split('<') is not [var name, var least] || EvictionSignals.Find(name) is not { } signal)
        {
            return null;
        }

        if (least.EndsWith('%'))
        {
            return decimal.TryParse(least.AsSpan(0, least.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and < 100
                ? new(signal, null, percent) : null;
        }

        return Quantity.TryParse(least, out var amount) && amount.Sign > 0 ? new(signal, amount, null) : null;
    }

    private static FormatException Malformed(string what) => new(
        $"none, or thresholds like memory.available<100Mi,nodefs.available<10%: each of {string.Join(", ", EvictionSignals.Names)} once at most, with an amount or a part between 0% and 100%: {what}");
}

namespace Insula.Pods.Eviction;

/// <summary>How much must be left of something.</summary>
/// <param name="Signal">What is measured.</param>
/// <param name="Least">How much.</param>
public sealed record EvictionThreshold(EvictionSignal Signal, EvictionAmount Least)
{
    /// <summary>The word for no thresholds.</summary>
    public const string None = "none";

    /// <summary>A kubelet's of memory; of disk those of k3s, since the disk is not the pods' alone; a kubelet has none of process ids.</summary>
    public static IReadOnlyList<EvictionThreshold> Defaults { get; } =
        ParseList("memory.available<100Mi,nodefs.available<5%,nodefs.inodesFree<5%,imagefs.available<5%,imagefs.inodesFree<5%,pid.available<10%");

    /// <summary>How long there may be less before something is done about it; null for a hard threshold, about which it is done at once.</summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>How much more there must be once something had to be done; null for nothing.</summary>
    public EvictionAmount? Reclaim { get; init; }

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
    public long Amount(long capacity) => Least.Of(capacity);

    /// <summary>The amount from which on nothing is done any more, once something was.</summary>
    /// <param name="capacity">What there is in all.</param>
    public long Enough(long capacity) => Amount(capacity) + (Reclaim?.Of(capacity) ?? 0);

    /// <summary>Whether less is left. Another signal's level never is too low.</summary>
    public bool IsMet(SignalLevel level) => level.Signal == Signal && level.Available < Amount(level.Capacity);

    /// <inheritdoc/>
    public override string ToString() => $"{Signal.Name()}<{Least}";

    private static EvictionThreshold? TryParse(string text) =>
        text.Split('<') is [var name, var least] && EvictionSignals.Find(name) is { } signal && EvictionAmount.TryParse(least) is { } amount ? new(signal, amount) : null;

    private static FormatException Malformed(string what) => new(
        $"none, or thresholds like memory.available<100Mi,nodefs.available<10%: each of {string.Join(", ", EvictionSignals.Names)} once at most, with an amount or a part between 0% and 100%: {what}");
}

namespace Insula.Pods.Eviction;

/// <summary>Something of which less is left than must be.</summary>
/// <param name="Threshold">How much must be.</param>
/// <param name="Level">How much is.</param>
public sealed record Lack(EvictionThreshold Threshold, SignalLevel Level)
{
    /// <summary>What is measured.</summary>
    public EvictionSignal Signal => Threshold.Signal;

    /// <summary>What lacks, in the order in which it is seen to; of each signal the place that has the least.</summary>
    /// <param name="thresholds">How much must be left.</param>
    /// <param name="levels">How much is.</param>
    public static IReadOnlyList<Lack> Of(IReadOnlyList<EvictionThreshold> thresholds, IReadOnlyList<SignalLevel> levels)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        ArgumentNullException.ThrowIfNull(levels);
        return [.. thresholds.OrderBy(t => t.Signal).SelectMany(t => levels.Where(t.IsMet).OrderBy(l => l.Available).Take(1).Select(l => new Lack(t, l)))];
    }

    /// <summary>In words: <c>memory.available is 90Mi, less than 100Mi</c>.</summary>
    public override string ToString() => $"{Signal.Name()} is {Signal.Amount(Level.Available)}, less than {Signal.Amount(Threshold.Amount(Level.Capacity))}";
}

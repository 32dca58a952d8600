namespace Insula.Pods.Eviction;

/// <summary>Something of which less is left than must be.</summary>
/// <param name="Threshold">How much must be.</param>
/// <param name="Level">How much is.</param>
public sealed record Lack(EvictionThreshold Threshold, SignalLevel Level)
{
    /// <summary>What is measured.</summary>
    public EvictionSignal Signal => Threshold.Signal;

    /// <summary>Whether something is to be done about it: of a soft threshold, that its grace is over.</summary>
    public bool IsDue { get; init; } = true;

    /// <summary>Whether it is of a hard threshold.</summary>
    public bool IsHard => Threshold.Grace is null;

    /// <summary>In words: <c>memory.available is 90Mi, less than 100Mi</c>.</summary>
    public override string ToString()
    {
        var reclaim = Threshold.IsMet(Level) ? "" : $" and the {Signal.Amount(Threshold.Enough(Level.Capacity) - Threshold.Amount(Level.Capacity))} that are to be reclaimed beside";
        return $"{Signal.Name()} is {Signal.Amount(Level.Available)}, less than {Signal.Amount(Threshold.Amount(Level.Capacity))}{reclaim}";
    }
}

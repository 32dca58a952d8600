namespace Insula.Pods.Eviction;

/// <summary>When something is done about what the machine lacks, and what pods have to end in.</summary>
/// <param name="Thresholds">How much must be left, hard and soft.</param>
/// <param name="MostGrace">What pods have at most that are evicted for a soft threshold; null for no more than for a hard one.</param>
public sealed record EvictionRules(IReadOnlyList<EvictionThreshold> Thresholds, TimeSpan? MostGrace)
{
    /// <summary>Puts together what was said of each apart.</summary>
    /// <param name="hard">Thresholds about which something is done at once.</param>
    /// <param name="soft">Thresholds about which something is done when their grace is over.</param>
    /// <param name="graces">The graces of <paramref name="soft"/>, of each.</param>
    /// <param name="reclaims">How much more there must be once something had to be done.</param>
    /// <param name="mostGrace">What pods have at most that are evicted for a soft one.</param>
    /// <exception cref="FormatException">What is said does not fit together.</exception>
    public static EvictionRules Of(
        IReadOnlyList<EvictionThreshold> hard, IReadOnlyList<EvictionThreshold> soft, IReadOnlyDictionary<EvictionSignal, TimeSpan> graces,
        IReadOnlyDictionary<EvictionSignal, EvictionAmount> reclaims, TimeSpan? mostGrace)
    {
        ArgumentNullException.ThrowIfNull(hard);
        ArgumentNullException.ThrowIfNull(soft);
        ArgumentNullException.ThrowIfNull(graces);
        ArgumentNullException.ThrowIfNull(reclaims);
        if (soft.FirstOrDefault(t => !graces.ContainsKey(t.Signal)) is { } without)
        {
            throw new FormatException($"eviction-soft: {without.Signal.Name()} needs a time in eviction-soft-grace-period");
        }

        if (graces.Keys.Where(s => soft.All(t => t.Signal != s)).Select(s => (EvictionSignal?)s).FirstOrDefault() is { } idle)
        {
            throw new FormatException($"eviction-soft-grace-period: there is no soft threshold of {idle.Name()} in eviction-soft");
        }

        if (reclaims.Keys.Where(s => hard.Concat(soft).All(t => t.Signal != s)).Select(s => (EvictionSignal?)s).FirstOrDefault() is { } unwatched)
        {
            throw new FormatException($"eviction-minimum-reclaim: there is no threshold of {unwatched.Name()}");
        }

        return new(
            [.. hard.Concat(soft.Select(t => t with { Grace = graces[t.Signal] })).Select(t => t with { Reclaim = reclaims.GetValueOrDefault(t.Signal) })],
            mostGrace);
    }
}

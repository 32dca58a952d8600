namespace Insula.Pods.Eviction;

/// <summary>
/// What lacks over time: since when, for soft thresholds, and until there is enough again, which may be more than the threshold. Like a kubelet's it begins anew with each daemon. Without a clock and
/// without a machine of its own.
/// </summary>
/// <param name="thresholds">How much must be left.</param>
public sealed class LackWatch(IReadOnlyList<EvictionThreshold> thresholds)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<EvictionThreshold, TimeSpan> _since = [];
    private readonly HashSet<EvictionThreshold> _due = [];

    /// <summary>What lacks, in the order in which it is seen to, of one signal hard thresholds first; of each threshold the place that has the least.</summary>
    /// <param name="levels">How much is left.</param>
    /// <param name="now">A time that only grows.</param>
    public IReadOnlyList<Lack> Look(IReadOnlyList<SignalLevel> levels, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(levels);
        lock (_lock)
        {
            return [.. thresholds.OrderBy(t => t.Signal).ThenBy(t => t.Grace is not null).Select(t => Look(t, levels, now)).OfType<Lack>()];
        }
    }

    /// <summary>How long it takes from then until another soft threshold is due, if nothing changes; null for never.</summary>
    /// <param name="now">The time of the last look.</param>
    public TimeSpan? NextDue(TimeSpan now)
    {
        lock (_lock)
        {
            return _since.Where(s => !_due.Contains(s.Key)).Select(s => (TimeSpan?)(s.Value + s.Key.Grace!.Value - now)).Min();
        }
    }

    private Lack? Look(EvictionThreshold threshold, IReadOnlyList<SignalLevel> levels, TimeSpan now)
    {
        var isDue = _due.Contains(threshold);
        if (levels.Where(l => threshold.IsMet(l) || (isDue && l.Signal == threshold.Signal && l.Available < threshold.Enough(l.Capacity)))
            .OrderBy(l => l.Available).Select(l => (SignalLevel?)l).FirstOrDefault() is not { } level)
        {
            _since.Remove(threshold);
            _due.Remove(threshold);
            return null;
        }

        _since.TryAdd(threshold, now);
        if (!isDue && (threshold.Grace is null || now - _since[threshold] >= threshold.Grace))
        {
            isDue = _due.Add(threshold);
        }

        return new Lack(threshold, level) { IsDue = isDue };
    }
}

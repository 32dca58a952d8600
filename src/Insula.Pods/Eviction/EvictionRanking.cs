namespace Insula.Pods.Eviction;

/// <summary>Who has to go when something is short. Pure; the order is a kubelet's.</summary>
public static class EvictionRanking
{
    /// <summary>
    /// Those that may be evicted, first who goes first: of memory and disk those that use more than they request, then by priority, the least first, then by how
    /// much more that is; of process ids by priority, then by their number. Between equals the youngest goes.
    /// </summary>
    /// <param name="signal">What is short.</param>
    /// <param name="candidates">The pods that run.</param>
    public static IReadOnlyList<EvictionCandidate> Order(EvictionSignal signal, IEnumerable<EvictionCandidate> candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        return [.. candidates.Where(c => !c.IsCritical && signal.IsOfPods())
            .OrderByDescending(c => signal == EvictionSignal.PidAvailable || c.Excess > 0)
            .ThenBy(c => c.Priority)
            .ThenByDescending(c => c.Excess)
            .ThenByDescending(c => c.CreatedAt)
            .ThenBy(c => c.Uid, StringComparer.Ordinal)];
    }

    /// <summary>What is said to whom it hits, in a kubelet's words.</summary>
    /// <param name="lack">What is short.</param>
    /// <param name="candidate">Who goes.</param>
    public static string Message(Lack lack, EvictionCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(lack);
        ArgumentNullException.ThrowIfNull(candidate);
        var (signal, level) = (lack.Signal, lack.Level);
        return $"The node was low on resource: {signal.Resource()}. Threshold quantity: {signal.Amount(lack.Threshold.Amount(level.Capacity))}, available: {signal.Amount(level.Available)}. "
            + string.Concat(candidate.Containers.Where(c => c.Used > c.Requested).Select(c =>
                $"Container {c.Name} was using {signal.Amount(c.Used)}, request is {signal.Amount(c.Requested)}, has larger consumption of {signal.Resource()}. "))

            // Files are counted by pod: most are in volumes, which are no container's.
            + (signal == EvictionSignal.NodeFsInodesFree ? $"The pod was using {signal.Amount(candidate.Used)} {signal.Resource()}. " : "");
    }
}

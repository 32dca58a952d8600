using System.Collections.Concurrent;

namespace Insula.Pods.Eviction;

/// <summary>How many pods this daemon has evicted.</summary>
public sealed class EvictionTally
{
    private readonly ConcurrentDictionary<string, long> _counts = new();

    /// <summary>By what it was for: a signal, or a limit of the pod's own, by a kubelet's names.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>One more.</summary>
    public void Add(string signal) => _counts.AddOrUpdate(signal, 1, (_, count) => count + 1);
}

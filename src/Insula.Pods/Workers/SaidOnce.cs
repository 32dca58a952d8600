using System.Collections.Concurrent;

namespace Insula.Pods.Workers;

/// <summary>Remembers what the log was told already: limits of the machine concern every pod, and are said once.</summary>
internal sealed class SaidOnce
{
    private readonly ConcurrentDictionary<string, bool> _said = new();

    /// <summary>Whether this is the first time.</summary>
    public bool First(string what) => _said.TryAdd(what, true);
}

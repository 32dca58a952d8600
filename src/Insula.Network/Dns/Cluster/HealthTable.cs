using Insula.Dns;
using Insula.Network.Balancers;

namespace Insula.Network.Dns.Cluster;

/// <summary>What health-check node ports are to say, and what has not been told to the server yet. Not thread-safe.</summary>
internal sealed class HealthTable
{
    private readonly SortedDictionary<string, HealthState> _states = new(StringComparer.Ordinal);
    private readonly HashSet<int> _changed = [];

    /// <summary>Whether something has not been taken yet.</summary>
    public bool HasChanged => _changed.Count > 0;

    /// <summary>The ports there are to be: of two Services that mean one the first has it, and there are no more than the server takes.</summary>
    public IReadOnlyDictionary<int, HealthState> Ports =>
        _states.Values.GroupBy(s => s.Port).Take(DnsLimits.HealthPorts).ToDictionary(g => g.Key, g => g.First());

    /// <summary>Notes changes.</summary>
    public void Set(IReadOnlyDictionary<string, HealthState?> changes, bool whole)
    {
        foreach (var (owner, _) in whole ? _states.Where(s => !changes.ContainsKey(s.Key)).ToList() : [])
        {
            Set(owner, null);
        }

        foreach (var (owner, state) in changes)
        {
            Set(owner, state);
        }
    }

    /// <summary>The ports whose answers have changed, each with what it says now; null: it is to end.</summary>
    public IReadOnlyDictionary<int, HealthState?> TakeChanges()
    {
        var ports = Ports;
        var taken = _changed.ToDictionary(p => p, p => ports.GetValueOrDefault(p));
        _changed.Clear();
        return taken;
    }

    /// <summary>Has a port taken again.</summary>
    public void Again(int port) => _changed.Add(port);

    private void Set(string owner, HealthState? state)
    {
        var before = _states.GetValueOrDefault(owner);
        if (before == state)
        {
            return;
        }

        if (before is not null)
        {
            _changed.Add(before.Port);
            _states.Remove(owner);
        }

        if (state is not null)
        {
            _changed.Add(state.Port);
            _states[owner] = state;
        }
    }
}

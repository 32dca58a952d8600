namespace Insula.Pods.Claims;

/// <summary>Which pods have which persistent volumes: from before their first container until their sandbox is gone, whatever becomes of the objects.</summary>
internal sealed class VolumeUses
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<string>> _pods = [];

    /// <summary>Told when a pod has let go of volumes.</summary>
    public Action? Released { get; set; }

    /// <summary>The volumes that pods have, by name.</summary>
    public IReadOnlySet<string> InUse
    {
        get
        {
            lock (_lock)
            {
                return _pods.Keys.ToHashSet();
            }
        }
    }

    /// <summary>A pod takes volumes: all of them, or none.</summary>
    /// <param name="volumes">The volumes' names, and whether no other pod may have each.</param>
    /// <param name="pod">The pod's uid.</param>
    /// <returns>A volume that another pod has, and the uid of that; null when all are the pod's now.</returns>
    public (string Volume, string Pod)? Take(IReadOnlyList<(string Name, bool Alone)> volumes, string pod)
    {
        lock (_lock)
        {
            foreach (var (name, _) in volumes.Where(v => v.Alone))
            {
                if (_pods.GetValueOrDefault(name)?.FirstOrDefault(p => p != pod) is { } other)
                {
                    return (name, other);
                }
            }

            foreach (var (name, _) in volumes)
            {
                if (!_pods.TryGetValue(name, out var pods))
                {
                    _pods[name] = pods = [];
                }

                pods.Add(pod);
            }

            return null;
        }
    }

    /// <summary>A pod's sandbox is gone, and with it all use of its volumes.</summary>
    /// <param name="pod">The pod's uid; one that has none is fine.</param>
    public void Release(string pod)
    {
        lock (_lock)
        {
            foreach (var (volume, pods) in _pods.ToList())
            {
                if (pods.Remove(pod) && pods.Count == 0)
                {
                    _pods.Remove(volume);
                }
            }
        }
    }
}

namespace Insula.Network.Balancers;

/// <summary>Serves health-check node ports, also while the daemon is away. May be called from any thread.</summary>
public interface IHealthPorts
{
    /// <summary>Has ports say something else from now on.</summary>
    /// <param name="changes">By Service; null: it has none any more.</param>
    /// <param name="whole">Whether these are all there are: whatever else there is ends.</param>
    void SetHealth(IReadOnlyDictionary<string, HealthState?> changes, bool whole);
}

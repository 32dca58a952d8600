using Insula.Network.Services;

namespace Insula.Network.Dns.Cluster;

/// <summary>Answers the names of Services. May be called from any thread.</summary>
public interface IClusterDns
{
    /// <summary>What all names end with.</summary>
    string Domain { get; }

    /// <summary>What leads from the address that pods ask to the server.</summary>
    IReadOnlyList<FrontendTargets> Frontends { get; }

    /// <summary>Sets what some names stand for; the server hears of it at once, and this does not wait for that.</summary>
    /// <param name="changes">By owner, a Service's or a pod's name: its records.</param>
    /// <param name="whole">Whether these are all owners there are.</param>
    void Set(IReadOnlyDictionary<string, IReadOnlyList<NamedRecord>> changes, bool whole);
}

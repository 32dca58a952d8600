namespace Insula.Ingresses.Configuration;

/// <summary>HAProxy's configuration, as files.</summary>
/// <param name="Digest">What they say, without the addresses of pods: as long as this is the same, nothing needs to be loaded anew. HAProxy tells it as its description.</param>
/// <param name="Files">The files' texts, all of ASCII, by name.</param>
public sealed record ProxyFiles(string Digest, IReadOnlyDictionary<string, string> Files)
{
    /// <summary>The name of the main file.</summary>
    public const string Main = "haproxy.cfg";

    /// <summary>The name of the map in which the daemon notes that a worker knows all pods; empty at the start.</summary>
    public const string State = "state.map";

    /// <summary>The key in it.</summary>
    public const string Ready = "ready";
}

namespace Insula.Ingresses.Configuration;

/// <summary>What the configuration of HAProxy depends on beside the model.</summary>
public sealed record ProxySettings
{
    /// <summary>Threads of a worker.</summary>
    public required int Threads { get; init; }

    /// <summary>Connections at most.</summary>
    public int MostConnections { get; init; } = 4000;

    /// <summary>Whether its pod has an IPv6 address, too.</summary>
    public bool HasV6 { get; init; }

    /// <summary>Where the files are seen by HAProxy.</summary>
    public string Directory { get; init; } = "/config";
}

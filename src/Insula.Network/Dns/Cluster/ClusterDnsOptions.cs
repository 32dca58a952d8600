using System.Net;

namespace Insula.Network.Dns.Cluster;

/// <summary>What the cluster's DNS needs to know of its daemon.</summary>
public sealed record ClusterDnsOptions
{
    /// <summary>The server's program.</summary>
    public required string Program { get; init; }

    /// <summary>The daemon's run directory; all that belongs to the server is in <c>dns</c> there.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>What all names end with.</summary>
    public required string Domain { get; init; }

    /// <summary>The address pods ask; null for the tenth of Services' range.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Names the servers that are asked for all other names.</summary>
    public required string ResolvConf { get; init; }

    /// <summary>The user that the server runs as.</summary>
    public uint User { get; init; } = 65534;

    /// <summary>The filter of system calls that it runs under, compiled.</summary>
    public required ReadOnlyMemory<byte> Filter { get; init; }
}

namespace Insula.Dns;

/// <summary>Bounds of the server: what clients, servers elsewhere and the daemon can make it hold.</summary>
public static class DnsLimits
{
    /// <summary>The longest datagram sent or asked for: it is never split on the way (DNS Flag Day 2020).</summary>
    public const int DatagramSize = 1232;

    /// <summary>The longest message over TCP.</summary>
    public const int StreamSize = 65535;

    /// <summary>The most bytes of names and records in the table.</summary>
    public const int TableSize = 64 << 20;

    /// <summary>The most bytes of records of one name.</summary>
    public const int NameSize = 1 << 20;

    /// <summary>The most different questions that wait for other servers.</summary>
    public const int Forwards = 512;

    /// <summary>The most clients that wait for those.</summary>
    public const int Waiters = 4096;

    /// <summary>The most of them at one address.</summary>
    public const int WaitersPerClient = 512;

    /// <summary>The most connections of clients.</summary>
    public const int Connections = 256;

    /// <summary>The most of them from one address.</summary>
    public const int ConnectionsPerClient = 32;

    /// <summary>How long a connection may say nothing.</summary>
    public static readonly TimeSpan ConnectionIdle = TimeSpan.FromSeconds(10);

    /// <summary>The most health-check node ports.</summary>
    public const int HealthPorts = 256;

    /// <summary>The most connections to all of them.</summary>
    public const int HealthConnections = 256;

    /// <summary>The most of them from one address.</summary>
    public const int HealthConnectionsPerClient = 32;

    /// <summary>The most bytes of a request's head there.</summary>
    public const int HealthRequest = 4096;

    /// <summary>How long such a connection may last, whatever it does.</summary>
    public static readonly TimeSpan HealthTime = TimeSpan.FromSeconds(5);

    /// <summary>How long another server may take before the next one is asked. All tries fit into what clients wait by default, five seconds.</summary>
    public static readonly TimeSpan Try = TimeSpan.FromMilliseconds(1500);

    /// <summary>How often a question is sent on before it has failed.</summary>
    public const int Tries = 3;

    /// <summary>How long a server that did not answer is asked after the others.</summary>
    public static readonly TimeSpan Distrust = TimeSpan.FromSeconds(10);
}

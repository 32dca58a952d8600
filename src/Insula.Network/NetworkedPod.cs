using Insula.Network.Dns;

namespace Insula.Network;

/// <summary>What a network may want to know of the pod that it connects.</summary>
public sealed record NetworkedPod
{
    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its uid.</summary>
    public required string Uid { get; init; }

    /// <summary>Ports of the machine that are to lead to it.</summary>
    public IReadOnlyList<HostPortMapping> HostPorts { get; init; } = [];

    /// <summary>The most bits a second that it may receive; null for no limit.</summary>
    public long? IngressBandwidth { get; init; }

    /// <summary>The most bits a second that it may send; null for no limit.</summary>
    public long? EgressBandwidth { get; init; }

    /// <summary>Reads what it will have as its resolv.conf, as far as the network has no say in it: only few networks want to know.</summary>
    public Func<ResolvConf>? Dns { get; init; }
}

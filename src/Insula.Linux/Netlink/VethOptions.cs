namespace Insula.Linux.Netlink;

/// <summary>A pair of virtual Ethernet links, one of them in another network namespace (veth(4)).</summary>
public sealed record VethOptions
{
    /// <summary>The name of the near end, at most 15 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The near end's Ethernet address. One that is set here is left alone by udev.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>The name of the far end in its namespace.</summary>
    public required string PeerName { get; init; }

    /// <summary>The far end's Ethernet address.</summary>
    public required MacAddress PeerMac { get; init; }

    /// <summary>The far end's network namespace.</summary>
    public required Descriptor PeerNamespace { get; init; }

    /// <summary>The largest packet of both ends in bytes.</summary>
    public required int Mtu { get; init; }
}

using System.Net;
using Insula.Linux;

namespace Insula.Network;

/// <summary>What the built-in pod network needs to know about its daemon. Nothing in it is read again after <see cref="IPodNetwork.StartAsync"/>.</summary>
public sealed record NetworkOptions
{
    /// <summary>The range pods have their IPv4 addresses from when nothing is configured.</summary>
    public static readonly IPNetwork DefaultPodRange = new(IPAddress.Parse("10.83.0.0"), 16);

    /// <summary>The instance's tag, <c>""</c> for the default directories, else six hexadecimal digits. Names of links and of the nftables table are made from it.</summary>
    public string InstanceTag { get; init; } = "";

    /// <summary>
    /// The configured IPv4 range (/8 to /29). <see langword="null"/>: <see cref="DefaultPodRange"/>, or, where the host routes a part of it already
    /// (another daemon, a VPN), the next free /16 up to 10.122.0.0/16 or within 172.16.0.0/12. A configured range that the host already routes is refused at start.
    /// </summary>
    public IPNetwork? PodRange { get; init; }

    /// <summary>The configured IPv6 range (/64 to /120); <see langword="null"/>: pods have no IPv6 address.</summary>
    public IPNetwork? PodRangeV6 { get; init; }

    /// <summary>
    /// The configured IPv4 range of Services' addresses (/12 to /28). <see langword="null"/>: the one that holds <see cref="ServiceAddresses"/>,
    /// or the first of 10.43.0.0/16 to 10.82.0.0/16 that the host does not route. One that the host routes already is refused at start.
    /// </summary>
    public IPNetwork? ServiceRange { get; init; }

    /// <summary>
    /// The configured IPv6 range of Services' addresses (/108 to /124), where pods have IPv6 addresses. <see langword="null"/>: as with IPv4, of fd43::/112 to fd82::/112.
    /// </summary>
    public IPNetwork? ServiceRangeV6 { get; init; }

    /// <summary>The addresses that Services have already.</summary>
    public IReadOnlyList<IPAddress> ServiceAddresses { get; init; } = [];

    /// <summary>
    /// The daemon's run directory. <c>host-settings.json</c> in it keeps the old values of the host's settings that were changed,
    /// together with the boot they belong to.
    /// </summary>
    public required string RunDirectory { get; init; }

    /// <summary>
    /// Whether packets that have nothing to do with pods may be forwarded through interfaces whose forwarding this daemon switched on.
    /// <see langword="false"/> (the default) keeps the host from becoming a router by accident.
    /// </summary>
    public bool AllowForeignForwarding { get; init; }

    /// <summary>How many network namespaces are kept ready for pods to come; each takes some 200 KB of the kernel's memory. 0: each is made when a pod needs it.</summary>
    public int PreparedNamespaces { get; init; } = 2;

    /// <summary>The largest packet on a pod's link, in bytes; <see langword="null"/>: that of the link of the host's default route, or 1500.</summary>
    public int? Mtu { get; init; }

    /// <summary>The <c>nft</c> program: a path, or a name looked for in the usual system directories.</summary>
    public string NftProgram { get; init; } = "nft";

    /// <summary>How long an <c>nft</c> child may take before it is ended and its work counted as failed.</summary>
    public TimeSpan NftDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The network namespace that plays the host; <see langword="null"/>: the one this process was started in. It is not closed by the network.</summary>
    public Descriptor? HostNamespace { get; init; }
}

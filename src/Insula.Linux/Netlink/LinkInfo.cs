namespace Insula.Linux.Netlink;

/// <summary>One link (RTM_NEWLINK).</summary>
/// <param name="Index">The interface's number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Alias">IFLA_IFALIAS, if it has one.</param>
/// <param name="Kind">IFLA_INFO_KIND (<c>veth</c>, <c>bridge</c>, …); <see langword="null"/> for hardware and loopback.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Flags">IFF_UP and others.</param>
/// <param name="Mtu">The largest packet in bytes.</param>
public sealed record LinkInfo(int Index, string Name, string? Alias, string? Kind, MacAddress Mac, uint Flags, int Mtu);

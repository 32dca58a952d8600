using System.Net;

namespace Insula.Linux.Netlink;

/// <summary>One route (RTM_NEWROUTE).</summary>
/// <param name="Destination">The network it leads to.</param>
/// <param name="Type">RTN_UNICAST and others.</param>
/// <param name="Protocol">Who made it (RTPROT_*).</param>
/// <param name="Table">The routing table.</param>
/// <param name="OutputIndex">The link it leaves by; 0 when it has none, or several next hops.</param>
/// <param name="PreferredSource">RTA_PREFSRC, if it has one.</param>
/// <param name="Priority">The metric; the smaller wins.</param>
public sealed record RouteInfo(IPNetwork Destination, byte Type, byte Protocol, uint Table, int OutputIndex, IPAddress? PreferredSource, uint Priority);

using System.Net;
using Insula.Linux.Netlink;
using Insula.Network.Links;

namespace Insula.Network.Host;

/// <summary>The addresses by which a host is known. Pure.</summary>
internal static class HostAddresses
{
    /// <summary>
    /// The address of one family: the source the default route prefers, else the first global one of its link, else the first global one of any
    /// link but those of pods; <see langword="null"/> when there is none.
    /// </summary>
    /// <param name="routes">The family's routes.</param>
    /// <param name="addresses">The family's addresses.</param>
    /// <param name="own">Our own addresses in the pod ranges.</param>
    public static IPAddress? Choose(IReadOnlyList<RouteInfo> routes, IReadOnlyList<AddressInfo> addresses, IReadOnlyCollection<IPAddress> own)
    {
        IEnumerable<AddressInfo> global = addresses.Where(
            a => a.Scope == rtnetlink.RT_SCOPE_UNIVERSE && !own.Contains(a.Address) && !IPAddress.IsLoopback(a.Address)
                && !LinkNames.IsAnyInstances(a));
        RouteInfo? way = DefaultRoute(routes);
        return way?.PreferredSource
            ?? global.FirstOrDefault(a => a.Index == way?.OutputIndex)?.Address
            ?? global.FirstOrDefault()?.Address;
    }

    /// <summary>The default route that wins.</summary>
    public static RouteInfo? DefaultRoute(IReadOnlyList<RouteInfo> routes) => routes
        .Where(r => r.Destination.PrefixLength == 0 && r.Table == rtnetlink.RT_TABLE_MAIN && r.Type == rtnetlink.RTN_UNICAST)
        .MinBy(r => r.Priority);
}

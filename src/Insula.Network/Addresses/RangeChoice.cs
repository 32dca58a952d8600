using System.Net;
using Insula.Linux.Netlink;

namespace Insula.Network.Addresses;

/// <summary>Which range to use on this host, given what it routes already. Pure.</summary>
internal static class RangeChoice
{
    /// <summary>The ranges tried in turn when none is configured.</summary>
    public static IEnumerable<IPNetwork> Candidates =>
        Enumerable.Range(83, 40).Select(n => Network($"10.{n}.0.0"))
            .Concat(Enumerable.Range(16, 16).Reverse().Select(n => Network($"172.{n}.0.0")));

    /// <summary>The first route of the host that shares addresses with the range; a default route shares none.</summary>
    public static RouteInfo? Overlap(IPNetwork range, IEnumerable<RouteInfo> routes) => routes.FirstOrDefault(r =>
        r.Destination.PrefixLength > 0 && (range.Contains(r.Destination.BaseAddress) || r.Destination.Contains(range.BaseAddress)));

    /// <summary>Refuses a configured range that the host routes already.</summary>
    /// <exception cref="NetworkException">Names the route and the way out.</exception>
    public static void RefuseOverlap(IPNetwork range, IEnumerable<RouteInfo> routes, Func<int, string?> linkName)
    {
        if (Overlap(range, routes) is { } route)
        {
            string where = linkName(route.OutputIndex) is { } name ? $" (on link {name})" : "";
            throw new NetworkException(
                $"the pod range {range} overlaps with {route.Destination}, which this host routes already{where}: "
                + "configure another range, or none to have a free one chosen");
        }
    }

    private static IPNetwork Network(string address) => new(IPAddress.Parse(address), 16);
}

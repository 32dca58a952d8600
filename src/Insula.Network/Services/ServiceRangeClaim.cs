using System.Net;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Addresses;
using Insula.Network.Links;

namespace Insula.Network.Services;

/// <summary>
/// Makes a range of Services' addresses this instance's: a local route to it, so that the host's own connections find a way, and what no
/// rule leads on ends here and is rejected. The route's source, the host's address among the pods, says whose it is.
/// </summary>
internal static class ServiceRangeClaim
{
    private const int LoopbackIndex = 1;

    /// <summary>The ranges tried in turn when none is configured. None of them is one that pods are given.</summary>
    public static IEnumerable<IPNetwork> Candidates => Enumerable.Range(43, 40).Select(n => new IPNetwork(IPAddress.Parse($"10.{n}.0.0"), 16));

    /// <summary>Claims the configured range, or a free one, or recognises the one claimed before.</summary>
    /// <param name="routes">The host's socket.</param>
    /// <param name="hostAddress">The host's address in the pod range.</param>
    /// <param name="podRange">The pod range.</param>
    /// <param name="options">What is configured, and which addresses Services have.</param>
    /// <exception cref="NetworkException">The host routes a part of it already; the message names the route.</exception>
    public static ServiceRange Take(RouteSocket routes, IPAddress hostAddress, IPNetwork podRange, NetworkOptions options)
    {
        var known = routes.GetRoutes(rtnetlink.AF_INET);
        var mine = known.Where(r => IsOurs(r, hostAddress)).ToList();
        var others = known.Except(mine).ToList();
        if (options.ServiceRange is { } configured)
        {
            var range = new ServiceRange(configured);
            RefuseOverlap(configured, podRange, others, routes);
            Claim(routes, mine, configured, hostAddress);
            return range;
        }

        // Services keep their addresses: the range that holds them is the one, whatever else would be free.
        var used = options.ServiceAddresses;
        var needed = Candidates.Where(c => used.Any(c.Contains)).Cast<IPNetwork?>().FirstOrDefault();
        if (needed is { } must)
        {
            RefuseOverlap(must, podRange, others, routes);
            Claim(routes, mine, must, hostAddress);
            return new ServiceRange(must);
        }

        foreach (var candidate in Candidates.OrderBy(c => !mine.Any(m => m.Destination.Equals(c))))
        {
            if (Overlap(candidate, podRange, others) is null && TryClaim(routes, mine, candidate, hostAddress) is null)
            {
                return new ServiceRange(candidate);
            }
        }

        throw new NetworkException("no range for Services is free: this host routes a part of every one of 10.43.0.0/16 to 10.82.0.0/16; configure a service-range it does not route");
    }

    /// <summary>Gives the range back.</summary>
    public static void Remove(RouteSocket routes, ServiceRange range) =>
        routes.Execute(new RouteBatch().DeleteRoute(range.Network, PodLink.Protocol, Errno.ESRCH));

    private static bool IsOurs(RouteInfo route, IPAddress hostAddress) =>
        route.Protocol == PodLink.Protocol && route.Type == rtnetlink.RTN_LOCAL && hostAddress.Equals(route.PreferredSource);

    private static RouteInfo? Overlap(IPNetwork range, IPNetwork podRange, IReadOnlyList<RouteInfo> others) =>
        RangeChoice.Overlap(range, [new RouteInfo(podRange, rtnetlink.RTN_UNREACHABLE, PodLink.Protocol, rtnetlink.RT_TABLE_MAIN, 0, null, 0), .. others]);

    private static void RefuseOverlap(IPNetwork range, IPNetwork podRange, IReadOnlyList<RouteInfo> others, RouteSocket routes)
    {
        if (range.Contains(podRange.BaseAddress) || podRange.Contains(range.BaseAddress))
        {
            throw new NetworkException($"the service range {range} overlaps with the pod range {podRange}: configure another service-range");
        }

        if (RangeChoice.Overlap(range, others) is { } route)
        {
            var where = route.OutputIndex > 0 && routes.FindLink(route.OutputIndex) is { } link ? $" (on link {link.Name})" : "";
            throw new NetworkException(
                $"the service range {range} overlaps with {route.Destination}, which this host routes already{where}: configure another service-range, or remove that route");
        }
    }

    private static void Claim(RouteSocket routes, IReadOnlyList<RouteInfo> mine, IPNetwork range, IPAddress hostAddress)
    {
        if (TryClaim(routes, mine, range, hostAddress) is { } refusal)
        {
            throw refusal.Errno == Errno.EEXIST
                ? new NetworkException($"the service range {range} was claimed by another daemon at this moment: configure another service-range", refusal)
                : refusal;
        }
    }

    /// <summary>The new route comes before the old ones go, so that a range that stays is never without.</summary>
    private static NetlinkException? TryClaim(RouteSocket routes, IReadOnlyList<RouteInfo> mine, IPNetwork range, IPAddress hostAddress)
    {
        if (!mine.Any(m => m.Destination.Equals(range))
            && routes.TryExecute(new RouteBatch().AddLocal(range, LoopbackIndex, hostAddress, PodLink.Protocol)) is { } refusal)
        {
            return refusal;
        }

        RouteBatch old = new();
        foreach (var route in mine.Where(m => !m.Destination.Equals(range)))
        {
            old.DeleteRoute(route.Destination, PodLink.Protocol, Errno.ESRCH);
        }

        routes.Execute(old);
        return null;
    }
}

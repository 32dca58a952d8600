using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Addresses;
using Insula.Network.Links;

namespace Insula.Network.Services;

/// <summary>
/// Makes a range of Services' addresses this instance's: a local route to it, so that the host's own connections find a way, and what no
/// rule leads on ends here and is rejected. The route's source, the host's address among the pods, says whose it is.
/// </summary>
internal sealed class ServiceRangeClaim
{
    private const int LoopbackIndex = 1;
    private readonly byte _family;
    private readonly string _option;
    private readonly string _tried;

    private ServiceRangeClaim(byte family, string option, string tried, IEnumerable<IPNetwork> candidates)
    {
        (_family, _option, _tried) = (family, option, tried);
        Candidates = [.. candidates];
    }

    /// <summary>The claim of IPv4 addresses. None of what it tries is one that pods are given.</summary>
    public static ServiceRangeClaim V4 { get; } = new(
        rtnetlink.AF_INET, "service-range", "10.43.0.0/16 to 10.82.0.0/16", Enumerable.Range(43, 40).Select(n => new IPNetwork(IPAddress.Parse($"10.{n}.0.0"), 16)));

    /// <summary>The claim of IPv6 addresses: as many as of IPv4 by default. They are never seen outside the machine.</summary>
    public static ServiceRangeClaim V6 { get; } = new(
        rtnetlink.AF_INET6, "service-range-v6", "fd43::/112 to fd82::/112", Enumerable.Range(43, 40).Select(n => new IPNetwork(IPAddress.Parse($"fd{n}::"), 112)));

    /// <summary>The ranges tried in turn when none is configured.</summary>
    public IReadOnlyList<IPNetwork> Candidates { get; }

    /// <summary>Refuses what cannot be claimed on any host.</summary>
    /// <exception cref="NetworkException">Which option, and what is allowed.</exception>
    public static void Check(NetworkOptions options)
    {
        if (options.ServiceRange is { } range)
        {
            ServiceRange.Check(range, AddressFamily.InterNetwork);
        }

        if (options.ServiceRangeV6 is { } rangeV6)
        {
            ServiceRange.Check(rangeV6, AddressFamily.InterNetworkV6);
            if (options.PodRangeV6 is null)
            {
                throw new NetworkException($"the IPv6 service range {rangeV6} is of no use while pods have no IPv6 addresses: configure a pod-range-v6, too, or leave out service-range-v6");
            }
        }
    }

    /// <summary>Claims the configured range, or a free one, or recognises the one claimed before.</summary>
    /// <param name="routes">The host's socket.</param>
    /// <param name="hostAddress">The host's address in the pod range of the family.</param>
    /// <param name="podRange">The pod range.</param>
    /// <param name="configured">What is configured; null for nothing.</param>
    /// <param name="used">Which addresses Services have.</param>
    /// <exception cref="NetworkException">The host routes a part of it already; the message names the route.</exception>
    public ServiceRange Take(RouteSocket routes, IPAddress hostAddress, IPNetwork podRange, IPNetwork? configured, IReadOnlyList<IPAddress> used)
    {
        var known = routes.GetRoutes(_family);
        var mine = known.Where(r => IsOurs(r, hostAddress)).ToList();
        var others = known.Except(mine).ToList();
        if (configured is { } chosen)
        {
            RefuseOverlap(chosen, podRange, others, routes);
            Claim(routes, mine, chosen, hostAddress);
            return new ServiceRange(chosen);
        }

        // Services keep their addresses: the range that holds them is the one, whatever else would be free.
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

        throw new NetworkException($"no range for Services is free: this host routes a part of every one of {_tried}; configure a {_option} it does not route");
    }

    /// <summary>Gives the range back.</summary>
    public static void Remove(RouteSocket routes, ServiceRange range) =>
        routes.Execute(new RouteBatch().DeleteRoute(range.Network, PodLink.Protocol, Errno.ESRCH));

    private static bool IsOurs(RouteInfo route, IPAddress hostAddress) =>
        route.Protocol == PodLink.Protocol && route.Type == rtnetlink.RTN_LOCAL && hostAddress.Equals(route.PreferredSource);

    private static RouteInfo? Overlap(IPNetwork range, IPNetwork podRange, IReadOnlyList<RouteInfo> others) =>
        RangeChoice.Overlap(range, [new RouteInfo(podRange, rtnetlink.RTN_UNREACHABLE, PodLink.Protocol, rtnetlink.RT_TABLE_MAIN, 0, null, 0), .. others]);

    private void RefuseOverlap(IPNetwork range, IPNetwork podRange, IReadOnlyList<RouteInfo> others, RouteSocket routes)
    {
        if (range.Contains(podRange.BaseAddress) || podRange.Contains(range.BaseAddress))
        {
            throw new NetworkException($"the service range {range} overlaps with the pod range {podRange}: configure another {_option}");
        }

        if (RangeChoice.Overlap(range, others) is { } route)
        {
            var where = route.OutputIndex > 0 && routes.FindLink(route.OutputIndex) is { } link ? $" (on link {link.Name})" : "";
            throw new NetworkException(
                $"the service range {range} overlaps with {route.Destination}, which this host routes already{where}: configure another {_option}, or remove that route");
        }
    }

    private void Claim(RouteSocket routes, IReadOnlyList<RouteInfo> mine, IPNetwork range, IPAddress hostAddress)
    {
        if (TryClaim(routes, mine, range, hostAddress) is { } refusal)
        {
            throw refusal.Errno == Errno.EEXIST
                ? new NetworkException($"the service range {range} was claimed by another daemon at this moment: configure another {_option}", refusal)
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

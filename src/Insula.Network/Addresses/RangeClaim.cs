using System.Net;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Links;

namespace Insula.Network.Addresses;

/// <summary>
/// Makes a range this instance's. The claim is the host's own address in it, on the loopback link and with the instance's label: the
/// kernel lets only one daemon have it, and a later daemon recognises it. An unreachable route answers for addresses no pod has.
/// </summary>
internal static class RangeClaim
{
    private const int LoopbackIndex = 1;

    /// <summary>Claims the configured range, or a free one, or recognises the one claimed before.</summary>
    /// <exception cref="NetworkException">The range is routed already, or pods still live in another one.</exception>
    public static AddressPool Take(RouteSocket routes, LinkNames names, NetworkOptions options)
    {
        if (options.PodRange is { } configured)
        {
            AddressPool.Check(configured, options.PodRangeV6);
        }

        IReadOnlyList<LinkInfo> links = routes.GetLinks();
        IPAddress? mine = routes.GetAddresses(rtnetlink.AF_INET).FirstOrDefault(a => a.Label == names.HostLabel)?.Address;
        IPNetwork? range = null;
        if (mine is not null)
        {
            IEnumerable<IPNetwork> possible = options.PodRange is { } only ? [only] : RangeChoice.Candidates;
            range = possible.Where(r => new AddressPool(r, null).HostAddress.Equals(mine)).Cast<IPNetwork?>().FirstOrDefault();
            if (range is null)
            {
                GiveUp(routes, names, links, mine);
            }
        }

        range ??= TakeNew(routes, names, options.PodRange, links);
        AddressPool pool = new(range.Value, options.PodRangeV6);
        RemoveOldRoutes(routes, pool);
        routes.Execute(new RouteBatch().AddUnreachable(range.Value, PodLink.Protocol, Errno.EEXIST));
        if (options.PodRangeV6 is { } rangeV6)
        {
            TakeV6(routes, pool, rangeV6, links);
        }

        return pool;
    }

    /// <summary>Gives the range back.</summary>
    public static void Remove(RouteSocket routes, AddressPool pool)
    {
        RouteBatch batch = new();
        batch.DeleteRoute(pool.Range, PodLink.Protocol, Errno.ESRCH);
        batch.DeleteAddress(LoopbackIndex, pool.HostAddress, Errno.EADDRNOTAVAIL);
        if (pool.RangeV6 is { } rangeV6)
        {
            batch.DeleteRoute(rangeV6, PodLink.Protocol, Errno.ESRCH);
            batch.DeleteAddress(LoopbackIndex, pool.HostAddressV6!, Errno.EADDRNOTAVAIL);
        }

        routes.Execute(batch);
    }

    private static IPNetwork TakeNew(RouteSocket routes, LinkNames names, IPNetwork? configured, IReadOnlyList<LinkInfo> links)
    {
        IReadOnlyList<RouteInfo> known = routes.GetRoutes(rtnetlink.AF_INET);
        if (configured is { } range)
        {
            RangeChoice.RefuseOverlap(range, known, index => NameOf(links, index));
            return TryTake(routes, names, range) ? range
                : throw new NetworkException($"the pod range {range} was claimed by another daemon at this moment: configure another range");
        }

        foreach (IPNetwork candidate in RangeChoice.Candidates)
        {
            if (RangeChoice.Overlap(candidate, known) is null && TryTake(routes, names, candidate))
            {
                return candidate;
            }
        }

        throw new NetworkException(
            "no pod range is free: this host routes a part of every one of 10.83.0.0/16 to 10.122.0.0/16 and 172.16.0.0/16 to 172.31.0.0/16; configure a range it does not route");
    }

    private static bool TryTake(RouteSocket routes, LinkNames names, IPNetwork range)
    {
        NetlinkException? refusal = routes.TryExecute(
            new RouteBatch().AddAddress(LoopbackIndex, new AddressPool(range, null).HostAddress, names.HostLabel));
        return refusal switch
        {
            null => true,
            { Errno: Errno.EEXIST } => false,
            _ => throw refusal,
        };
    }

    private static void TakeV6(RouteSocket routes, AddressPool pool, IPNetwork range, IReadOnlyList<LinkInfo> links)
    {
        RangeChoice.RefuseOverlap(
            range,
            routes.GetRoutes(rtnetlink.AF_INET6).Where(r => r.Protocol != PodLink.Protocol && !r.Destination.BaseAddress.Equals(pool.HostAddressV6)),
            index => NameOf(links, index));
        RouteBatch batch = new();
        batch.AddAddress(LoopbackIndex, pool.HostAddressV6!, null, Errno.EEXIST);
        batch.AddUnreachable(range, PodLink.Protocol, Errno.EEXIST);
        if (routes.TryExecute(batch) is { } refusal)
        {
            throw new NetworkException($"the IPv6 pod range {range} cannot be used on this host: {refusal.Message}", refusal);
        }
    }

    private static void GiveUp(RouteSocket routes, LinkNames names, IReadOnlyList<LinkInfo> links, IPAddress mine)
    {
        if (links.Any(l => names.IsOurs(l.Name) && LinkAlias.Parse(l.Alias) is not null))
        {
            throw new NetworkException(
                $"pods of this daemon still have addresses of the range whose host address is {mine}: configure that range again, or delete the pods before changing it");
        }

        routes.Execute(new RouteBatch().DeleteAddress(LoopbackIndex, mine, Errno.EADDRNOTAVAIL));
        RouteBatch batch = new();
        foreach (RouteInfo route in OurUnreachable(routes).Where(r => r.Destination.Contains(mine)))
        {
            batch.DeleteRoute(route.Destination, PodLink.Protocol, Errno.ESRCH);
        }

        routes.Execute(batch);
    }

    /// <summary>A range that was configured wider or narrower before leaves its route behind.</summary>
    private static void RemoveOldRoutes(RouteSocket routes, AddressPool pool)
    {
        RouteBatch batch = new();
        foreach (RouteInfo route in OurUnreachable(routes).Where(r => r.Destination.Contains(pool.HostAddress) && !r.Destination.Equals(pool.Range)))
        {
            batch.DeleteRoute(route.Destination, PodLink.Protocol, Errno.ESRCH);
        }

        routes.Execute(batch);
    }

    private static IEnumerable<RouteInfo> OurUnreachable(RouteSocket routes) => routes.GetRoutes(rtnetlink.AF_INET)
        .Where(r => r.Protocol == PodLink.Protocol && r.Type == rtnetlink.RTN_UNREACHABLE);

    private static string? NameOf(IReadOnlyList<LinkInfo> links, int index) => links.FirstOrDefault(l => l.Index == index)?.Name;
}

using System.Net;
using Insula.Linux.Netlink;
using Insula.Network.Addresses;
using Insula.Network.Host;

namespace Insula.Network.Tests.Addresses;

public sealed class RangeChoiceTests
{
    private static readonly IPNetwork _range = IPNetwork.Parse("10.83.0.0/16");

    [Theory]
    [InlineData("0.0.0.0/0", false)]
    [InlineData("10.82.0.0/16", false)]
    [InlineData("192.168.0.0/24", false)]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.83.7.0/24", true)]
    [InlineData("10.83.0.0/16", true)]
    [InlineData("10.83.255.255/32", true)]
    public void Overlap_is_any_shared_address_but_the_default_routes(string route, bool overlaps) =>
        Assert.Equal(overlaps, RangeChoice.Overlap(_range, [Route(route)]) is not null);

    [Fact]
    public void A_refusal_names_both_networks_and_the_link()
    {
        NetworkException refusal = Assert.Throws<NetworkException>(() => RangeChoice.RefuseOverlap(_range, [Route("10.0.0.0/8", 4)], i => i == 4 ? "tun0" : null));
        Assert.Contains("10.83.0.0/16 overlaps with 10.0.0.0/8", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("tun0", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_comes_first_and_no_candidate_shares_addresses_with_another()
    {
        IPNetwork[] candidates = [.. RangeChoice.Candidates];
        Assert.Equal(NetworkOptions.DefaultPodRange, candidates[0]);
        Assert.Equal(candidates.Length, candidates.Select(c => c.BaseAddress).Distinct().Count());
        Assert.All(candidates, c => Assert.Equal(16, c.PrefixLength));
    }

    [Fact]
    public void The_host_is_known_by_what_its_default_route_prefers()
    {
        AddressInfo[] addresses =
        [
            new(1, IPAddress.Loopback, 8, rtnetlink.RT_SCOPE_HOST, "lo", 0),
            new(1, IPAddress.Parse("10.83.0.1"), 32, rtnetlink.RT_SCOPE_UNIVERSE, "lo:iv000000", 0),
            new(1, IPAddress.Parse("10.84.0.1"), 32, rtnetlink.RT_SCOPE_UNIVERSE, "lo:ivabcdef", 0),
            new(2, IPAddress.Parse("192.0.2.5"), 24, rtnetlink.RT_SCOPE_UNIVERSE, "eth0", 0),
            new(3, IPAddress.Parse("198.51.100.5"), 24, rtnetlink.RT_SCOPE_UNIVERSE, "eth1", 0),
        ];
        IPAddress[] own = [IPAddress.Parse("10.83.0.1")];
        Assert.Equal("192.0.2.5", HostAddresses.Choose([], addresses, own)!.ToString());
        Assert.Equal("198.51.100.5", HostAddresses.Choose([Route("0.0.0.0/0", 3)], addresses, own)!.ToString());
        RouteInfo better = Route("0.0.0.0/0", 2) with { Priority = 10, PreferredSource = IPAddress.Parse("192.0.2.9") };
        Assert.Equal("192.0.2.9", HostAddresses.Choose([Route("0.0.0.0/0", 3) with { Priority = 20 }, better], addresses, own)!.ToString());
        Assert.Null(HostAddresses.Choose([], addresses[..3], own));
    }

    private static RouteInfo Route(string destination, int link = 0) =>
        new(IPNetwork.Parse(destination), rtnetlink.RTN_UNICAST, 4, rtnetlink.RT_TABLE_MAIN, link, null, 0);
}

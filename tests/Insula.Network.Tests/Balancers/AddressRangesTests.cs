using System.Net;
using Insula.Network.Balancers;

namespace Insula.Network.Tests.Balancers;

public sealed class AddressRangesTests
{
    [Theory]
    [InlineData("192.0.2.16/30", "192.0.2.16 192.0.2.17 192.0.2.18 192.0.2.19")]
    [InlineData("192.0.2.9", "192.0.2.9")]
    [InlineData("192.0.2.254-192.0.3.1", "192.0.2.254 192.0.2.255 192.0.3.0 192.0.3.1")]
    [InlineData("192.0.2.9, 192.0.2.4-192.0.2.5", "192.0.2.9 192.0.2.4 192.0.2.5")]
    [InlineData("2001:db8::fe/127,192.0.2.9", "192.0.2.9 2001:db8::fe 2001:db8::ff")]
    [InlineData("2001:db8::ffff-2001:db8::1:1", "2001:db8::ffff 2001:db8::1:0 2001:db8::1:1")]
    public void Networks_ranges_and_single_addresses_in_their_order(string text, string all)
    {
        var ranges = AddressRanges.TryParse(text)!;
        IReadOnlyList<IPAddress> each = [.. ranges.Of("IPv4"), .. ranges.Of("IPv6")];
        Assert.Equal(all, string.Join(' ', each));
        Assert.Equal(each.Count, ranges.Count);
        Assert.All(each, a => Assert.True(ranges.Contains(a)));
        Assert.All((string[])["192.0.2.1", "2001:db8::3", "::ffff:ffff"], a => Assert.False(ranges.Contains(IPAddress.Parse(a))));
        Assert.Equal(text, ranges.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.0/24,")]
    [InlineData("192.0.2.1/24")]
    [InlineData("192.0.2.0/0")]
    [InlineData("192.0.2.0/33")]
    [InlineData("192.0.2.9-192.0.2.4")]
    [InlineData("192.0.2.0/24,192.0.2.7")]
    [InlineData("127.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("0.0.0.0/8")]
    [InlineData("10.0.0.0/8")]
    [InlineData("2001:db8::/64")]
    [InlineData("2001:db8::1/120")]
    [InlineData("2001:db8::/120,2001:db8::7")]
    [InlineData("2001:db8::-2001:db9::")]
    [InlineData("192.0.2.1-2001:db8::")]
    [InlineData("2001:DB8::1")]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    [InlineData("::/1")]
    [InlineData("192.0.2.01")]
    [InlineData("192.0.2")]
    public void Others_are_none(string text) => Assert.Null(AddressRanges.TryParse(text));
}

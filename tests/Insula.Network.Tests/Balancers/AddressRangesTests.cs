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
    public void Networks_ranges_and_single_addresses_in_their_order(string text, string all)
    {
        var ranges = AddressRanges.TryParse(text)!;
        Assert.Equal(all, string.Join(' ', ranges.All));
        Assert.Equal(ranges.All.Count(), ranges.Count);
        Assert.All(ranges.All, a => Assert.True(ranges.Contains(a)));
        Assert.False(ranges.Contains(IPAddress.Parse("192.0.2.1")));
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
    [InlineData("2001:db8::/120")]
    [InlineData("192.0.2.01")]
    [InlineData("192.0.2")]
    public void Others_are_none(string text) => Assert.Null(AddressRanges.TryParse(text));
}

using System.Net;
using Insula.Linux.Netlink;
using Insula.Linux.Sockets;

namespace Insula.Linux.Tests.Sockets;

public sealed class NeighbourAdvertisementTests
{
    [Fact]
    public void It_is_unsolicited_overrides_and_says_where_the_address_is() => Assert.Equal(
        "88000000" + "20000000" + "20010DB8000000000000000000000050" + "0201" + "02005E100001",
        Convert.ToHexString(NeighbourAdvertisement.Write(MacAddress.From([2, 0, 0x5e, 0x10, 0, 1]), IPAddress.Parse("2001:db8::50"))));
}

using Insula.Network.Cni;

namespace Insula.Network.Tests.Cni;

public sealed class CniResultTests
{
    [Theory]
    [InlineData("0.3.1", """{"cniVersion":"0.3.1","interfaces":[{"name":"br"},{"name":"eth0","sandbox":"/n"}],"ips":[{"version":"4","address":"10.1.0.5/16","interface":1}]}""", "10.1.0.5")]
    [InlineData("0.4.0", """{"cniVersion":"0.4.0","ips":[{"version":"6","address":"fd00::5/64"},{"version":"4","address":"10.1.0.5/16"}],"dns":{}}""", "10.1.0.5 fd00::5")]
    [InlineData("1.0.0", """{"cniVersion":"1.0.0","interfaces":[{"name":"br"},{"name":"eth0","sandbox":"/n"}],"ips":[{"address":"10.9.0.1/16","interface":0},{"address":"10.1.0.5/16","interface":1},{"address":"10.1.0.6/16","interface":1}]}""", "10.1.0.5")]
    [InlineData("1.1.0", """{"ips":[{"address":"10.1.0.5/32"}],"interfaces":[{"name":"eth0","mtu":1500,"socketPath":"/s","pciID":"0"}],"routes":[{"dst":"0.0.0.0/0","mtu":1400,"scope":0}]}""", "10.1.0.5")]
    [InlineData("1.1.0", "{}", "")]
    public void Results_of_all_versions_are_read(string version, string text, string addresses) =>
        Assert.Equal(addresses, string.Join(' ', Read(text, version).Addresses));

    [Theory]
    [InlineData("""{"cniVersion":"0.4.0"}""", "asked for in 1.0.0")]
    [InlineData("""{"ips":[{}]}""", "ips[0].address: required")]
    [InlineData("""{"ips":[{"address":"10.1.0.5"}]}""", "ips[0].address: ")]
    [InlineData("""{"ips":[{"address":"10.1.0.5/33"}]}""", "ips[0].address: ")]
    [InlineData("""{"ips":[{"address":"10.1.0.5/+8"}]}""", "ips[0].address: ")]
    [InlineData("""{"ips":[{"address":"10.1.0.5/16","interface":1}]}""", "there is no interface 1")]
    [InlineData("""{"ips":[{"address":"10.1.0.5/16","interface":-1}]}""", "there is no interface -1")]
    [InlineData("""{"ips":{}}""", "ips: a list is expected")]
    [InlineData("""{"interfaces":[{}]}""", "interfaces[0].name: required")]
    [InlineData("""{"dns":{"nameservers":["ns.example"]}}""", "no IP address")]
    [InlineData("""{"dns":{"nameservers":["10.0.0.1"],"search":["a\nnameserver 6.6.6.6"]}}""", "resolv.conf")]
    [InlineData("""{"dns":{"nameservers":["10.0.0.1"],"options":["a b"]}}""", "resolv.conf")]
    public void What_is_not_right_is_refused_by_its_path(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<CniException>(() => Read(text, "1.0.0")).Message, StringComparison.Ordinal);

    [Fact]
    public void Name_servers_are_read() => Assert.Equal(
        "nameserver 10.0.0.1\nsearch a.example b.example\noptions ndots:2\n",
        Read("""{"dns":{"nameservers":["10.0.0.1"],"domain":"b.example","search":["a.example"],"options":["ndots:2"]}}""", "1.0.0").Dns!.Render());

    [Fact]
    public void Errors_are_told_in_characters_that_can_be_shown()
    {
        CniException error = CniAnswers.Error("it", """{"cniVersion":"1.0.0","code":7,"msg":"no\u0007 way","details":"\u001b[31m"}""")!;
        Assert.Equal((7, "it failed: no  way: [31m (code 7)"), (error.Code, error.Message));
        Assert.Null(CniAnswers.Error("it", "Segmentation fault"));
        Assert.Null(CniAnswers.Error("it", "{}"));
        Assert.Equal(["0.4.0"], CniAnswers.Versions("""{"cniVersion":"0.4.0","supportedVersions":["0.4.0"]}"""));
        Assert.Throws<CniException>(() => CniAnswers.Versions("""{"cniVersion":"0.4.0"}"""));
    }

    private static CniResult Read(string text, string version) => CniResult.Read(JsonReading.Object(text, "the answer"), version);
}

using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Insula.Network.Hosts;

namespace Insula.Network.Tests.Hosts;

public sealed class HostsFileTests
{
    private static readonly IPAddress[] _addresses = [IPAddress.Parse("10.83.0.2"), IPAddress.Parse("fd83::2")];

    [Fact]
    public void The_pod_knows_its_loopback_and_itself()
    {
        string text = HostsFile.Render(_addresses, "web", null, []);
        Assert.Contains("\n127.0.0.1\tlocalhost\n", text, StringComparison.Ordinal);
        Assert.Contains("\n::1\tlocalhost ip6-localhost ip6-loopback\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n10.83.0.2\tweb\nfd83::2\tweb\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subdomain_comes_before_the_short_name() =>
        Assert.Contains("10.83.0.2\tweb.db.default.svc.cluster.local\tweb\n", HostsFile.Render(_addresses, "web", "db.default.svc.cluster.local", []), StringComparison.Ordinal);

    [Fact]
    public void Aliases_are_added_behind() =>
        Assert.EndsWith(
            "\n# Entries added by HostAliases.\n192.0.2.7\ta.example\tb.example\n2001:db8::7\tc.example\n",
            HostsFile.Render(_addresses, "web", null, [new("192.0.2.7", ["a.example", "b.example"]), new("192.0.2.8", []), new("2001:db8::7", ["c.example"])]),
            StringComparison.Ordinal);

    [Fact]
    public void A_pod_on_the_hosts_network_has_the_hosts_file()
    {
        string text = HostsFile.RenderForHostNetwork("127.0.0.1 localhost\n192.0.2.1 box", [new("192.0.2.7", ["a.example"])]);
        Assert.Contains("\n127.0.0.1 localhost\n192.0.2.1 box\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n192.0.2.7\ta.example\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\n192.0.2.9 bank.example")]
    [InlineData("a b")]
    [InlineData("a#b")]
    [InlineData("a\0")]
    [InlineData("a\u0085b")]
    [InlineData("")]
    public void A_name_that_would_write_more_than_a_name_is_refused(string name)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => HostsFile.Render(_addresses, "web", null, [new("192.0.2.7", [name])]));
        Assert.Contains("hostAliases[0].hostnames[0]", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Theory]
    [InlineData("bank.example")]
    [InlineData("192.0.2.7\n192.0.2.8")]
    [InlineData("fe80::1%eth0")]
    public void An_address_that_is_none_is_refused(string address) =>
        Assert.Contains("hostAliases[0].ip", Assert.Throws<ArgumentException>(() => HostsFile.Render(_addresses, "web", null, [new(address, ["a"])])).Message, StringComparison.Ordinal);

    [Fact]
    public void No_name_whatever_adds_a_line() =>
        Prop.ForAll<NonNull<string>>(name =>
        {
            try
            {
                return HostsFile.Render(_addresses, "web", null, [new("192.0.2.7", [name.Get])]).Split('\n').Length == 13;
            }
            catch (ArgumentException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();
}

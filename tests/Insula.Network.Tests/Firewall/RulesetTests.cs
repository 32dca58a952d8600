using System.Net;
using Insula.Network.Firewall;
using Insula.Network.Links;

namespace Insula.Network.Tests.Firewall;

public sealed class RulesetTests
{
    private static readonly IPNetwork _range = IPNetwork.Parse("10.83.0.0/16");
    private static readonly IPAddress _host = IPAddress.Parse("10.83.0.1");

    [Fact]
    public void The_table_is_replaced_in_one_transaction_and_only_ours()
    {
        string text = Render("abcdef", []);
        Assert.StartsWith("table inet insula_abcdef { }\ndelete table inet insula_abcdef\ntable inet insula_abcdef {\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("flush ruleset", text, StringComparison.Ordinal);
        Assert.Equal("table inet insula { }\ndelete table inet insula\n", Ruleset.Remove(new LinkNames("")));
    }

    [Fact]
    public void Into_a_pod_come_pods_and_answers_and_then_nothing()
    {
        string text = Render("", []);
        Assert.Contains("chain to_pod {\n        iifname \"iv000000*\" accept\n        ct state established,related accept\n        drop\n    }", text, StringComparison.Ordinal);
        Assert.Contains("ip saddr 10.83.0.0/16 oifname != \"iv000000*\" oifname != \"lo\" masquerade", text, StringComparison.Ordinal);
        Assert.Contains("meta nfproto ipv6 drop", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_we_switched_forwarding_on_only_pods_packets_pass()
    {
        Assert.DoesNotContain("guarded", Render("", []), StringComparison.Ordinal);
        string text = Render("", ["eth0", "wlan0.5"]);
        Assert.Contains("elements = { \"eth0\", \"wlan0.5\" }", text, StringComparison.Ordinal);
        Assert.Contains("iifname @guarded iifname != \"iv*\" oifname != \"iv*\" drop", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\"b")]
    [InlineData("a*")]
    [InlineData("a\\b")]
    public void A_link_whose_name_says_more_than_a_name_is_refused(string name) => Assert.Throws<NetworkException>(() => Render("", [name]));

    [Fact]
    public void Both_families_are_written_when_both_are_there()
    {
        string text = Ruleset.Render(new LinkNames(""), _range, _host, IPNetwork.Parse("fd83::/64"), IPAddress.Parse("fd83::1"), []);
        Assert.Contains("meta nfproto ipv6 ip6 saddr != fd83::/64 drop", text, StringComparison.Ordinal);
        Assert.Contains("ip6 daddr fd83::1 drop", text, StringComparison.Ordinal);
        Assert.Contains("ip6 saddr fd83::/64 oifname", text, StringComparison.Ordinal);
    }

    private static string Render(string tag, string[] guarded) => Ruleset.Render(new LinkNames(tag), _range, _host, null, null, guarded);
}

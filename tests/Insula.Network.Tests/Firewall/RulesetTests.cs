using System.Net;
using System.Text.RegularExpressions;
using Insula.Network.Firewall;
using Insula.Network.Links;

namespace Insula.Network.Tests.Firewall;

public sealed class RulesetTests
{
    private static readonly IPNetwork _range = IPNetwork.Parse("10.83.0.0/16");
    private static readonly IPNetwork _services = IPNetwork.Parse("10.43.0.0/16");
    private static readonly IPAddress _host = IPAddress.Parse("10.83.0.1");

    [Fact]
    public void The_table_is_changed_in_one_transaction_and_only_ours_and_what_leads_to_Services_stays()
    {
        string text = Render("abcdef", []);
        Assert.StartsWith("table inet insula_abcdef {\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("delete", text, StringComparison.Ordinal);
        Assert.DoesNotContain("flush ruleset", text, StringComparison.Ordinal);
        foreach (string kept in (string[])["to_service", "to_node", "doors", "door_sources", "endpoints16", "node_ports", "hairpin"])
        {
            Assert.Contains($" {kept} {{", text, StringComparison.Ordinal);
            Assert.DoesNotContain($"insula_abcdef {kept}\n", text, StringComparison.Ordinal);
        }

        foreach (string line in text.Split('\n').Where(l => l.StartsWith("flush", StringComparison.Ordinal)))
        {
            Assert.Matches("^flush (chain|set) inet insula_abcdef ", line);
        }

        Assert.Equal("table inet insula { }\ndelete table inet insula\n", Ruleset.Removal(new LinkNames("")));
        Assert.Equal(Ruleset.Removal(new LinkNames("")) + Render("", []), Of("", []).Replace(closed: false));
    }

    [Fact]
    public void A_table_that_is_made_anew_may_come_with_pods_cut_off()
    {
        string text = Of("", []).Replace(closed: true);
        Assert.StartsWith(Of("", []).Replace(closed: false), text, StringComparison.Ordinal);
        Assert.Contains("chain closed_from_pods { type filter hook prerouting priority -310; policy accept; iifname \"iv000000*\" drop; }", text, StringComparison.Ordinal);
        Assert.Contains("chain closed_to_pods { type filter hook forward priority -310; policy accept; oifname \"iv000000*\" drop; }", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_are_reached_from_pods_and_the_host_and_what_leads_nowhere_is_rejected()
    {
        string text = Render("", []);
        Assert.Contains("iifname != \"lo\" iifname != \"iv000000*\" ip daddr 10.43.0.0/16 ip saddr != @foreign_pods drop\n        iifname != \"lo\" iifname != \"iv000000*\" ip daddr 10.43.0.0/16 fib saddr . iif oif missing drop\n", text, StringComparison.Ordinal);
        Assert.Contains("ip daddr 10.43.0.0/16 meta l4proto tcp reject with tcp reset", text, StringComparison.Ordinal);
        Assert.Contains("fib daddr type local ip daddr != 127.0.0.0/8 jump to_node", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Protocols_are_named_as_nft_itself_knows_them()
    {
        // Others it looks up in /etc/protocols, which a small machine lacks.
        var named = Regex.Matches(Render("", []), @"l4proto (?:!= )?([a-z][a-z0-9-]*)").Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.Contains("icmpv6", named);
        Assert.DoesNotContain(named, name => name is not ("tcp" or "udp" or "sctp" or "icmp" or "icmpv6"));
    }

    [Fact]
    public void Into_a_pod_come_pods_and_answers_and_then_nothing()
    {
        string text = Render("", []);
        Assert.Contains("chain to_pod {\n        iifname \"iv000000*\" accept\n        ct state established,related accept\n        jump doors\n        jump doors_v6\n        drop\n    }", text, StringComparison.Ordinal);
        Assert.Contains("ip saddr 10.83.0.0/16 oifname != \"iv000000*\" oifname != \"lo\" masquerade", text, StringComparison.Ordinal);
        Assert.Contains("meta nfproto ipv6 drop", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_we_switched_forwarding_on_only_pods_packets_pass()
    {
        Assert.DoesNotContain("@guarded", Render("", []), StringComparison.Ordinal);
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
    public void Pods_that_others_have_connected_are_let_through_by_their_addresses()
    {
        Assert.DoesNotContain("type ipv4_addr\n        elements", Render("", []), StringComparison.Ordinal);
        string text = Of("", ["eth0"], IPAddress.Parse("10.200.0.3"), IPAddress.Parse("10.200.0.2"), IPAddress.Parse("fd01::2")).Update();
        Assert.Contains("set foreign_pods {\n        type ipv4_addr\n        elements = { 10.200.0.2, 10.200.0.3 }\n    }", text, StringComparison.Ordinal);
        Assert.Contains("set foreign_pods_v6 {\n        type ipv6_addr\n        elements = { fd01::2 }\n    }", text, StringComparison.Ordinal);
        Assert.Contains("flush set inet insula foreign_pods\n", text, StringComparison.Ordinal);
        Assert.Contains("ip daddr 10.83.0.1 ip saddr != @foreign_pods drop", text, StringComparison.Ordinal);
        Assert.Contains("ip6 daddr @foreign_pods_v6 return\n        iifname @guarded", text, StringComparison.Ordinal);
        Assert.Contains("ct status dnat ip saddr @foreign_pods ip daddr @foreign_pods masquerade", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_families_are_written_when_both_are_there()
    {
        string text = new Ruleset(new LinkNames(""), _range, _host, _services, IPNetwork.Parse("fd83::/64"), IPAddress.Parse("fd83::1"), IPNetwork.Parse("fd43::/112"), [], []).Update();
        Assert.Contains("meta nfproto ipv6 ip6 saddr != fd83::/64 drop", text, StringComparison.Ordinal);
        Assert.Contains("ip6 daddr fd83::1 drop", text, StringComparison.Ordinal);
        Assert.Contains("ip6 saddr fd83::/64 oifname", text, StringComparison.Ordinal);
        Assert.Contains("ip6 daddr fd43::/112 jump to_service_v6", text, StringComparison.Ordinal);
        Assert.Contains("ip6 daddr fd43::/112 ip6 saddr != @foreign_pods_v6 drop", text, StringComparison.Ordinal);
    }

    private static string Render(string tag, string[] guarded) => Of(tag, guarded).Update();

    private static Ruleset Of(string tag, string[] guarded, params IPAddress[] foreign) => new(new LinkNames(tag), _range, _host, _services, null, null, null, guarded, foreign);
}

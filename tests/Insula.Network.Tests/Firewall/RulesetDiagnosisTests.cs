using System.Net;
using Insula.Network.Firewall;

namespace Insula.Network.Tests.Firewall;

public sealed class RulesetDiagnosisTests
{
    private static readonly IPNetwork _range = IPNetwork.Parse("10.83.0.0/16");

    [Fact]
    public void Dockers_policy_is_named_with_its_own_door()
    {
        ForeignDrop drop = Assert.Single(Find(
            Chain("ip", "filter", "FORWARD", "forward", "drop"), Chain("ip", "filter", "DOCKER-USER"), Rule("ip", "filter", "FORWARD", """{"jump":{"target":"DOCKER-USER"}}""")));
        Assert.Equal(("ip", "filter", "FORWARD", "Docker", "its policy is drop"), (drop.Family, drop.Table, drop.Chain, drop.Owner, drop.Reason));
        Assert.Equal("iptables -I DOCKER-USER -i iv000000+ -j ACCEPT && iptables -I DOCKER-USER -o iv000000+ -j ACCEPT", drop.Command);
    }

    [Theory]
    [InlineData("filter", "ufw-user-forward", "ufw", "ufw route allow from 10.83.0.0/16 && ufw route allow to 10.83.0.0/16")]
    [InlineData("firewalld", "filter_FWD", "firewalld", "firewall-cmd --permanent --zone=trusted --add-source=10.83.0.0/16 && firewall-cmd --reload")]
    public void Known_owners_have_their_own_command(string table, string chain, string owner, string command)
    {
        ForeignDrop drop = Assert.Single(Find(
            Chain("inet", table, "base", "forward", "drop"), Chain("inet", table, chain), Rule("inet", table, "base", $$$"""{"jump":{"target":"{{{chain}}}"}}""")));
        Assert.Equal((owner, command), (drop.Owner, drop.Command));
    }

    [Fact]
    public void Empty_chains_of_a_ufw_that_is_off_do_not_hide_Docker() => Assert.Equal("Docker", Assert.Single(Find(
        Chain("ip", "filter", "FORWARD", "forward", "drop"), Chain("ip", "filter", "ufw-before-forward"), Chain("ip", "filter", "ufw-user-forward"), Chain("ip", "filter", "DOCKER-USER"),
        Rule("ip", "filter", "FORWARD", """{"jump":{"target":"DOCKER-USER"}}"""), Rule("ip", "filter", "FORWARD", """{"jump":{"target":"ufw-before-forward"}}"""))).Owner);

    [Fact]
    public void A_rule_in_a_chain_that_is_jumped_to_is_found_and_what_drops_everything_comes_first()
    {
        IReadOnlyList<ForeignDrop> drops = Find(
            Chain("inet", "t", "fence", "forward", "accept"), Chain("inet", "t", "deny"), Chain("inet", "t", "unreached"),
            Rule("inet", "t", "fence", """{"match":{"op":"in"}},{"drop":null}"""),
            Rule("inet", "t", "fence", """{"match":{}},{"goto":{"target":"deny"}}"""),
            Rule("inet", "t", "deny", """{"counter":{"packets":0}},{"reject":{"type":"icmpx"}}"""),
            Rule("inet", "t", "unreached", """{"drop":null}"""));
        Assert.Equal(["deny", "fence"], drops.Select(d => d.Chain));
        Assert.Contains("rejects everything", drops[0].Reason, StringComparison.Ordinal);
        Assert.Contains("drops some packets", drops[1].Reason, StringComparison.Ordinal);
        Assert.Equal("nft 'insert rule inet t fence iifname \"iv000000*\" counter accept; insert rule inet t fence oifname \"iv000000*\" counter accept'", drops[0].Command);
    }

    [Fact]
    public void Iptables_reject_is_seen_through_its_own_form() =>
        Assert.Contains("rejects", Assert.Single(Find(Chain("ip", "filter", "FORWARD", "forward", "accept"), Rule("ip", "filter", "FORWARD", """{"xt":{"type":"target","name":"REJECT"}}"""))).Reason, StringComparison.Ordinal);

    [Fact]
    public void Our_own_tables_other_hooks_and_other_families_are_no_suspects() => Assert.Empty(Find(
        Chain("inet", "insula", "forward", "forward", "drop"), Chain("inet", "insula_abcdef", "forward", "forward", "drop"),
        Chain("ip", "filter", "INPUT", "input", "drop"), Chain("ip6", "filter", "FORWARD", "forward", "drop"), Chain("bridge", "b", "f", "forward", "drop")));

    [Fact]
    public void A_circle_of_chains_ends() => Assert.Empty(Find(
        Chain("ip", "t", "a", "forward", "accept"), Chain("ip", "t", "b"), Rule("ip", "t", "a", """{"jump":{"target":"b"}}"""), Rule("ip", "t", "b", """{"jump":{"target":"a"}}""")));

    [Fact]
    public void The_old_iptables_are_named_when_they_filter() =>
        Assert.StartsWith("iptables-legacy -I FORWARD -i iv000000+", Assert.Single(RulesetDiagnosis.FindDrops("""{"nftables":[]}""", true, "iv000000", _range)).Command, StringComparison.Ordinal);

    [Fact]
    public void The_explanation_says_what_who_and_how()
    {
        string text = RulesetDiagnosis.Explain(["tcp"], Find(Chain("ip", "filter", "FORWARD", "forward", "drop")));
        Assert.Contains("lost: tcp", text, StringComparison.Ordinal);
        Assert.Contains("chain FORWARD of table ip filter drops them: its policy is drop", text, StringComparison.Ordinal);
        Assert.Contains("nft 'insert rule ip filter FORWARD", text, StringComparison.Ordinal);
        Assert.Contains("No foreign nftables chain", RulesetDiagnosis.Explain(["udp"], []), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"nftables":5}""")]
    public void A_list_that_is_none_is_an_error(string json) => Assert.Throws<NetworkException>(() => RulesetDiagnosis.FindDrops(json, false, "iv000000", _range));

    private static IReadOnlyList<ForeignDrop> Find(params string[] items) =>
        RulesetDiagnosis.FindDrops($$$"""{"nftables":[{"metainfo":{"version":"1.0.6"}},{{{string.Join(',', items)}}}]}""", false, "iv000000", _range);

    private static string Chain(string family, string table, string name, string? hook = null, string? policy = null) => hook is null
        ? $$$"""{"chain":{"family":"{{{family}}}","table":"{{{table}}}","name":"{{{name}}}","handle":1}}"""
        : $$$"""{"chain":{"family":"{{{family}}}","table":"{{{table}}}","name":"{{{name}}}","handle":1,"type":"filter","hook":"{{{hook}}}","prio":0,"policy":"{{{policy}}}"}}""";

    private static string Rule(string family, string table, string chain, string expressions) =>
        $$$"""{"rule":{"family":"{{{family}}}","table":"{{{table}}}","chain":"{{{chain}}}","handle":7,"expr":[{{{expressions}}}]}}""";
}

using System.Net;
using Insula.Network.Links;

namespace Insula.Network.Tests.Links;

public sealed class LinkNamesTests
{
    [Theory]
    [InlineData("", 2u, "iv0000000000002", "insula")]
    [InlineData("00ab9f", 0xfffffffu, "iv00ab9ffffffff", "insula_00ab9f")]
    public void Names_fit_the_kernels_limit_and_tell_instances_apart(string tag, uint slot, string name, string table)
    {
        LinkNames names = new(tag);
        Assert.Equal(name, names.Of(slot));
        Assert.Equal(15, name.Length);
        Assert.Equal(table, names.Table);
        Assert.True(names.HostLabel.Length <= 15);
        Assert.True(names.IsOurs(name));
        Assert.True(LinkNames.IsAnyPods(name));
        Assert.False(new LinkNames("123456").IsOurs(name));
    }

    [Theory]
    [InlineData("ivy0")]
    [InlineData("eth0")]
    [InlineData("iv000000000000x")]
    public void Other_links_are_not_taken_for_pods(string name) => Assert.False(LinkNames.IsAnyPods(name));

    [Theory]
    [InlineData("ABCDEF")]
    [InlineData("12345")]
    [InlineData("12345*")]
    public void A_tag_that_is_none_is_refused(string tag) => Assert.Throws<NetworkException>(() => new LinkNames(tag));

    [Theory]
    [InlineData("insula 0b1c-0 10.83.0.2", 1)]
    [InlineData("insula 0b1c-0 10.83.0.2 fd83::2", 2)]
    public void An_alias_says_whose_the_link_is(string text, int count)
    {
        LinkAlias alias = LinkAlias.Parse(text)!;
        Assert.Equal("0b1c-0", alias.SandboxId);
        Assert.Equal(count, alias.Addresses.Count);
        Assert.Equal(IPAddress.Parse("10.83.0.2"), alias.Addresses[0]);
        Assert.Equal(text, alias.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("insula")]
    [InlineData("insula a")]
    [InlineData("insula a b")]
    [InlineData("insula  10.83.0.2")]
    [InlineData("other a 10.83.0.2")]
    [InlineData("insula a fd83::2")]
    [InlineData("insula a 10.83.0.2 fd83::2 more")]
    public void Another_alias_is_none_of_ours(string? text) => Assert.Null(LinkAlias.Parse(text));

    [Fact]
    public void The_longest_alias_fits_the_kernels_limit()
    {
        string longest = new LinkAlias(new string('x', LinkAlias.MaxSandboxId), [IPAddress.Parse("255.255.255.255"), IPAddress.Parse("fd83:1111:2222:3333:4444:5555:6666:7777")]).ToString();
        Assert.True(longest.Length <= 255);
        Assert.False(LinkAlias.IsSandboxId(new string('x', LinkAlias.MaxSandboxId + 1)));
        Assert.False(LinkAlias.IsSandboxId("a b"));
        Assert.False(LinkAlias.IsSandboxId("a\n"));
    }
}

using System.Net;
using Insula.Dns.Messages;

namespace Insula.Dns.Tests.Messages;

public sealed class DnsNameTests
{
    [Theory]
    [InlineData("web.default.svc.cluster.local")]
    [InlineData("_http._tcp.web")]
    [InlineData(".")]
    public void Text_and_bytes_say_the_same(string text)
    {
        var name = DnsName.FromText(text);
        Assert.True(DnsName.IsCanonical(name));
        Assert.Equal(text, DnsName.ToText(name));
        Span<byte> read = stackalloc byte[DnsName.MaxLength];
        var at = 0;
        Assert.Equal(name.Length, DnsName.Read(name, ref at, read));
        Assert.Equal(name.Length, at);
        Assert.Equal(name, read[..name.Length].ToArray());
    }

    [Fact]
    public void Names_are_kept_in_lower_case() => Assert.Equal(DnsName.FromText("web.example"), DnsName.FromText("WeB.ExamplE."));

    [Theory]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123.a")]
    public void What_is_no_name_is_refused(string text) => Assert.Throws<FormatException>(() => DnsName.FromText(text));

    [Fact]
    public void A_name_has_at_most_255_bytes()
    {
        var label = new string('a', 61);
        Assert.Equal(255, DnsName.FromText($"{label}.{label}.{label}.{label}.aaaaa").Length);
        Assert.Throws<FormatException>(() => DnsName.FromText($"{label}.{label}.{label}.{label}.aaaaaa"));
    }

    [Theory]
    [InlineData("10.43.0.10", "10.0.43.10.in-addr.arpa")]
    [InlineData("2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]
    public void Addresses_have_names(string address, string name) => Assert.Equal(name, DnsName.ToText(DnsName.Reverse(IPAddress.Parse(address))));

    [Theory]
    [InlineData("C000")] // to itself
    [InlineData("0161C000")] // a loop
    [InlineData("C002C000")] // forward, and back
    [InlineData("C0")] // cut
    [InlineData("0561")] // cut
    [InlineData("40")] // of no known kind
    public void Pointers_only_lead_back_and_names_end(string bytes)
    {
        var at = 0;
        Assert.Equal(0, DnsName.Read(Convert.FromHexString(bytes), ref at, new byte[DnsName.MaxLength]));
    }

    [Fact]
    public void A_name_whose_parts_are_elsewhere_is_not_longer_than_others()
    {
        // Each one is the one before with another label in front.
        var message = new List<byte>();
        for (var i = 0; i < 10; i++)
        {
            message.AddRange([63, .. new byte[63], .. i == 0 ? [0] : (byte[])[(byte)(0xc0 | ((message.Count - before) >> 8)), (byte)(message.Count - before)]]);
            before = i == 0 ? 65 : 66;
        }

        var last = message.Count - 66;
        Assert.Equal(0, DnsName.Read(message.ToArray(), ref last, new byte[DnsName.MaxLength]));
    }

    private int before;
}

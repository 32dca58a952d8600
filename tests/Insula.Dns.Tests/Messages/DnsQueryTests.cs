using Insula.Dns.Messages;

namespace Insula.Dns.Tests.Messages;

public sealed class DnsQueryTests
{
    private static readonly byte[] _plain = Question.Of("web.example");

    [Fact]
    public void A_question_is_read()
    {
        Assert.Equal(ResponseCode.NoError, DnsQuery.Read(Question.Of("WEB.example", RecordTypes.SRV, edns: 4096, dnssec: true), out var query));
        Assert.Equal(Question.Id, query.Id);
        Assert.Equal(Question.AsWritten("WEB.example"), query.Name.ToArray());
        Assert.Equal(RecordTypes.SRV, query.Type);
        Assert.Equal(4096, query.PayloadSize);
        Assert.True(query.HasEdns && query.WantsDnssec);
    }

    [Fact]
    public void A_client_that_says_nothing_of_it_takes_512_bytes_and_so_does_one_that_says_less()
    {
        DnsQuery.Read(_plain, out var plain);
        DnsQuery.Read(Question.Of("a", edns: 0), out var less);
        Assert.Equal((512, 512), (plain.PayloadSize, less.PayloadSize));
        Assert.False(plain.HasEdns);
    }

    public static TheoryData<string, byte[], ResponseCode?> Wrong => new()
    {
        { "too short", _plain[..11], null },
        { "an answer", Question.Of("a", flags: 0x8100), null },
        { "another operation", Question.Of("a", flags: 0x2800), ResponseCode.NotImp },
        { "no question", With(_plain, 5, 0), ResponseCode.FormErr },
        { "two questions", With(_plain, 5, 2), ResponseCode.FormErr },
        { "an answer beside it", With(_plain, 7, 1), ResponseCode.FormErr },
        { "a record that is not there", With(_plain, 11, 1), ResponseCode.FormErr },
        { "something behind it", [.. _plain, 0], ResponseCode.FormErr },
        { "a name that is elsewhere", [.. _plain[..12], 0xc0, 0x0c, 0, 1, 0, 1], ResponseCode.FormErr },
        { "a name without end", [.. _plain[..12], 3, 97, 97], ResponseCode.FormErr },
        { "another class", Question.Of("version.bind", 16, kind: 3), ResponseCode.Refused },
        { "a whole zone", Question.Of("a", RecordTypes.AXFR), ResponseCode.Refused },
        { "another version of EDNS", Question.Of("a", edns: 1232, version: 1), ResponseCode.BadVers },
        { "a record that is none of EDNS", With(Question.Of("a", edns: 1232), 21, 1), ResponseCode.FormErr },
        { "an option that is cut", [.. With(Question.Of("a", edns: 1232), 29, 4), 0, 3, 0, 1], ResponseCode.FormErr },
        { "too long", [.. With(With(Question.Of("a", edns: 1232), 29, 0xe8), 28, 1), 0, 3, 1, 0xe4, .. new byte[484]], ResponseCode.FormErr },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_no_resolver_sends_is_refused(string what, byte[] message, ResponseCode? code)
    {
        Assert.NotEmpty(what);
        Assert.Equal(code, DnsQuery.Read(message, out _));
    }

    private static byte[] With(byte[] message, int at, byte value)
    {
        var changed = (byte[])message.Clone();
        changed[at] = value;
        return changed;
    }
}

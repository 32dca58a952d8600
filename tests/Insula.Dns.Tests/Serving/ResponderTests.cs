using System.Net;
using Insula.Dns.Messages;
using Insula.Dns.Serving;
using Insula.Dns.Tables;

namespace Insula.Dns.Tests.Serving;

public sealed class ResponderTests
{
    private readonly Responder _responder = new() { Table = new DnsTable() };
    private readonly byte[] _target = new byte[DnsName.MaxLength];
    private int _targetLength;

    public ResponderTests()
    {
        List<byte> authority = [];
        RecordReader.Write(DnsRecord.Authority(DnsName.FromText("ns.dns.cluster.local"), DnsName.FromText("hostmaster.cluster.local"), 1, 5), authority);
        _responder.Table.AddZone(DnsName.FromText("cluster.local"), [.. authority]);
        Set("web.default.svc.cluster.local", Address("10.43.0.20"));
        Set("_http._tcp.web.default.svc.cluster.local", DnsRecord.Service(0, 100, 80, DnsName.FromText("web.default.svc.cluster.local"), 5));
        Set("big.default.svc.cluster.local", [.. Enumerable.Range(1, 200).Select(i => Address($"10.83.0.{i}"))]);
        Set("out.default.svc.cluster.local", DnsRecord.Alias(DnsName.FromText("www.example.com"), 5));
        Set("in.default.svc.cluster.local", DnsRecord.Alias(DnsName.FromText("web.default.svc.cluster.local"), 5));
        Set("a.default.svc.cluster.local", DnsRecord.Alias(DnsName.FromText("b.default.svc.cluster.local"), 5));
        Set("b.default.svc.cluster.local", DnsRecord.Alias(DnsName.FromText("a.default.svc.cluster.local"), 5));
        Set("1.2.0.192.in-addr.arpa", DnsRecord.Pointer(DnsName.FromText("one.heads.default.svc.cluster.local"), 5));
    }

    [Fact]
    public void A_name_has_its_records()
    {
        var answer = Ask(Question.Of("WEB.Default.svc.cluster.local"));
        Assert.Equal("WEB.Default.svc.cluster.local", answer.Name);
        Assert.Equal(["WEB.Default.svc.cluster.local 1 10.43.0.20"], answer.Answers);
        Assert.True(answer.IsAuthoritative);
        Assert.Equal(0x8580, answer.Flags);
        Assert.Equal(5u, answer.Sections[0][0].Ttl);
        Assert.Null(answer.Opt);
    }

    [Fact]
    public void A_service_comes_with_its_address()
    {
        var answer = Ask(Question.Of("_http._tcp.web.default.svc.cluster.local", RecordTypes.SRV, edns: 1232));
        Assert.Equal(["_http._tcp.web.default.svc.cluster.local 33 0 100 80 web.default.svc.cluster.local"], answer.Answers);
        Assert.Equal(["web.default.svc.cluster.local 1 10.43.0.20"], answer.Additional);
        Assert.NotNull(answer.Opt);
    }

    [Theory]
    [InlineData("web.default.svc.cluster.local", RecordTypes.AAAA, ResponseCode.NoError)]
    [InlineData("default.svc.cluster.local", RecordTypes.A, ResponseCode.NoError)] // only longer names
    [InlineData("cluster.local", RecordTypes.A, ResponseCode.NoError)]
    [InlineData("_tcp.web.default.svc.cluster.local", RecordTypes.SRV, ResponseCode.NoError)]
    [InlineData("eb.default.svc.cluster.local", RecordTypes.A, ResponseCode.NXDomain)]
    [InlineData("other.svc.cluster.local", RecordTypes.A, ResponseCode.NXDomain)]
    [InlineData("x.web.default.svc.cluster.local", RecordTypes.A, ResponseCode.NXDomain)]
    public void What_is_not_there_is_said_with_who_knows(string name, ushort type, ResponseCode code)
    {
        var answer = Ask(Question.Of(name, type));
        Assert.Equal(code, answer.Code);
        Assert.Empty(answer.Answers);
        Assert.Equal(("cluster.local", RecordTypes.SOA, 5u), (answer.Authority!.Name, answer.Authority.Type, answer.Authority.Ttl));
        Assert.True(answer.IsAuthoritative);
    }

    [Fact]
    public void A_name_whose_last_record_goes_is_not_there_any_more()
    {
        Set("web.default.svc.cluster.local");
        Assert.Equal(ResponseCode.NoError, Ask(Question.Of("web.default.svc.cluster.local")).Code); // it has longer ones
        Set("_http._tcp.web.default.svc.cluster.local");
        Assert.Equal(ResponseCode.NXDomain, Ask(Question.Of("web.default.svc.cluster.local")).Code);
        Assert.Equal(ResponseCode.NXDomain, Ask(Question.Of("_tcp.web.default.svc.cluster.local")).Code);
        Assert.Equal(ResponseCode.NoError, Ask(Question.Of("default.svc.cluster.local")).Code);
    }

    [Theory]
    [InlineData(null, 512)]
    [InlineData(800, 800)]
    [InlineData(4096, 1232)]
    public void What_does_not_fit_is_cut_and_said(int? edns, int most)
    {
        var question = Question.Of("big.default.svc.cluster.local", edns: edns);
        var answer = Ask(question, out var length);
        Assert.True(answer.IsTruncated);
        Assert.InRange(length, most - 16 - 11, most);
        Assert.NotEmpty(answer.Answers);
        Assert.Equal(edns is not null, answer.Opt is not null);
    }

    [Fact]
    public void Over_TCP_all_of_it_comes()
    {
        var answer = Ask(Question.Of("big.default.svc.cluster.local"), out _, isStream: true);
        Assert.False(answer.IsTruncated);
        Assert.Equal(200, answer.Answers.Distinct().Count());
    }

    [Fact]
    public void Addresses_take_turns()
    {
        var first = Enumerable.Range(0, 50).Select(_ => Ask(Question.Of("big.default.svc.cluster.local"), out var _, isStream: true).Answers[0]);
        Assert.Equal(50, first.Distinct().Count());
    }

    [Fact]
    public void A_name_that_stands_for_another_here_comes_with_that_one_s_records()
    {
        Assert.Equal(
            ["in.default.svc.cluster.local 5 web.default.svc.cluster.local", "web.default.svc.cluster.local 1 10.43.0.20"],
            Ask(Question.Of("in.default.svc.cluster.local")).Answers);
        Assert.Equal(["in.default.svc.cluster.local 5 web.default.svc.cluster.local"], Ask(Question.Of("in.default.svc.cluster.local", RecordTypes.CNAME)).Answers);
    }

    [Fact]
    public void Names_that_stand_for_each_other_are_an_error() => Assert.Equal(ResponseCode.ServFail, Ask(Question.Of("a.default.svc.cluster.local")).Code);

    [Fact]
    public void A_name_that_stands_for_one_elsewhere_comes_with_what_others_say_of_it()
    {
        Assert.Null(TryAsk(Question.Of("out.default.svc.cluster.local"), default, out _));
        Assert.Equal("www.example.com", DnsName.ToText(_target.AsSpan(0, _targetLength)));
        byte[] others = [.. Question.Of("www.example.com", flags: 0x8180), 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 6, 3, .. "cdn"u8, 0xc0, 16, 0xc0, 45, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 9];
        others[7] = 2;
        var answer = TryAsk(Question.Of("out.default.svc.cluster.local"), others, out _)!;
        Assert.Equal(
            ["out.default.svc.cluster.local 5 www.example.com", "www.example.com 5 cdn.example.com", "cdn.example.com 1 192.0.2.9"], answer.Answers);
        Assert.Equal(ResponseCode.NoError, answer.Code);
    }

    [Fact]
    public void That_others_know_no_such_name_is_said_of_it()
    {
        byte[] others = Question.Of("www.example.com", flags: 0x8183);
        Assert.Equal(ResponseCode.NXDomain, TryAsk(Question.Of("out.default.svc.cluster.local"), others, out _)!.Code);
    }

    [Theory]
    [InlineData("www.example.com", RecordTypes.A)]
    [InlineData("local", RecordTypes.A)]
    [InlineData("xcluster.local", RecordTypes.A)]
    [InlineData("1.2.0.192.in-addr.arpa", RecordTypes.A)]
    [InlineData("2.2.0.192.in-addr.arpa", RecordTypes.PTR)]
    public void Others_are_asked_for_what_is_not_ours(string name, ushort type)
    {
        Assert.Null(TryAsk(Question.Of(name, type), default, out _));
        Assert.Equal(name, DnsName.ToText(_target.AsSpan(0, _targetLength)));
    }

    [Fact]
    public void A_name_in_no_zone_of_ours_has_its_records_all_the_same() =>
        Assert.Equal(["1.2.0.192.in-addr.arpa 12 one.heads.default.svc.cluster.local"], Ask(Question.Of("1.2.0.192.in-addr.arpa", RecordTypes.PTR)).Answers);

    private static DnsRecord Address(string address) => DnsRecord.Address(IPAddress.Parse(address), 5);

    private void Set(string name, params DnsRecord[] records)
    {
        List<byte> bytes = [];
        foreach (var record in records)
        {
            RecordReader.Write(record, bytes);
        }

        _responder.Table.Set(DnsName.FromText(name), [.. bytes]);
    }

    private Answer Ask(byte[] question) => Ask(question, out _);

    private Answer Ask(byte[] question, out int length, bool isStream = false) => TryAsk(question, default, out length, isStream)!;

    private Answer? TryAsk(byte[] question, ReadOnlySpan<byte> others, out int length, bool isStream = false)
    {
        Assert.Equal(ResponseCode.NoError, DnsQuery.Read(question, out var query));
        var buffer = new byte[DnsLimits.StreamSize];
        length = _responder.Answer(query, buffer, Desk.Limit(query, isStream), _target, out _targetLength, others);
        return length > 0 ? new Answer(buffer.AsSpan(0, length)) : null;
    }
}

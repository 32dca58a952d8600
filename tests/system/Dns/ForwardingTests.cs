using System.Net;
using System.Net.Sockets;
using Insula.Dns;
using Insula.Dns.Messages;
using Insula.Dns.Tests;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Dns;

/// <summary>Names that are not the cluster's: the host's servers are asked, whatever they do.</summary>
public sealed class ForwardingTests(DnsFixture fixture) : IClassFixture<DnsFixture>
{
    [Fact]
    public async Task The_host_s_servers_are_asked_for_all_other_names()
    {
        await AskingAsync("192.0.2.2");
        await using var upstream = await FakeUpstream.StartAsync(fixture.Outside, "192.0.2.2", 7);
        Assert.Equal("198.51.100.7", await DnsAsker.RecordsAsync(fixture.Host, "WWW.Example.com"));
        Assert.Equal("WWW.Example.com", (await DnsAsker.AskAsync(fixture.Host, "WWW.Example.com")).Name);
        Assert.Equal("NXDomain", await DnsAsker.RecordsAsync(fixture.Host, "nowhere.example.com"));
        Assert.Equal("198.51.100.7", await DnsAsker.RecordsAsync(fixture.Host, "spoofed.example.com"));
        Assert.Equal("ServFail", await DnsAsker.RecordsAsync(fixture.Host, "failing.example.com"));

        // Each time from another port with another number.
        for (var i = 0; i < 20; i++)
        {
            await DnsAsker.RecordsAsync(fixture.Host, $"name{i}.example.com");
        }

        var asked = upstream.Asked.Where(a => a.Name.StartsWith("name", StringComparison.Ordinal)).ToList();
        Assert.Equal(20, asked.Count);
        Assert.InRange(asked.Select(a => a.Id).Distinct().Count(), 15, 20);
        Assert.InRange(asked.Select(a => a.Port).Distinct().Count(), 15, 20);

        // Names of the cluster's own are nobody else's business.
        await DnsAsker.AskAsync(fixture.Host, "secret.default.svc.cluster.local");
        await DnsAsker.AskAsync(fixture.Host, "5.5.83.10.in-addr.arpa", RecordTypes.PTR);
        Assert.DoesNotContain(upstream.Asked, a => a.Name.Contains("secret", StringComparison.Ordinal) || a.Name.Contains("arpa", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_too_long_comes_over_TCP()
    {
        await AskingAsync("192.0.2.2");
        await using var upstream = await FakeUpstream.StartAsync(fixture.Outside, "192.0.2.2", 7);
        Assert.True((await DnsAsker.AskAsync(fixture.Host, "big.example.com")).IsTruncated);
        var answers = await DnsAsker.AskStreamAsync(fixture.Host, Question.Of("big.example.com"), Question.Of("nowhere.example.com"), Question.Of("www.example.com"));
        Assert.Equal(100, answers[0].Answers.Distinct().Count());
        Assert.Equal(ResponseCode.NXDomain, answers[1].Code);
        Assert.Equal(["www.example.com 1 198.51.100.7"], answers[2].Answers);
    }

    [Fact]
    public async Task An_external_name_comes_with_its_addresses()
    {
        await AskingAsync("192.0.2.2");
        await using var upstream = await FakeUpstream.StartAsync(fixture.Outside, "192.0.2.2", 7);
        await fixture.Instance.ApplyAsync("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"out"},"spec":{"type":"ExternalName","externalName":"www.example.com"}}""");
        const string Name = "out.default.svc.cluster.local";
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, Name, RecordTypes.CNAME) == "www.example.com", "the name is there");
        Assert.Equal(
            [$"{Name} 5 www.example.com", "www.example.com 1 198.51.100.7"], (await DnsAsker.AskAsync(fixture.Host, Name)).Answers);
        Assert.Equal(
            [$"{Name} 5 www.example.com", "www.example.com 1 198.51.100.7"], (await DnsAsker.AskStreamAsync(fixture.Host, Question.Of(Name))).Single().Answers);
        (await fixture.Instance.CliAsync("delete", "service", "out")).Succeeded();
    }

    [Fact]
    public async Task A_server_that_is_silent_is_passed_over_and_when_all_are_it_is_said()
    {
        // Nobody listens at the first, and the second says nothing.
        await AskingAsync("192.0.2.77", "192.0.2.2");
        await using (var upstream = await FakeUpstream.StartAsync(fixture.Outside, "192.0.2.2", 7))
        {
            Assert.Equal("198.51.100.7", await DnsAsker.RecordsAsync(fixture.Host, "www.example.com"));
            Assert.Equal("ServFail", await DnsAsker.RecordsAsync(fixture.Host, "silent.example.com"));
            Assert.InRange(upstream.CountOf("silent.example.com"), 1, DnsLimits.Tries);

            // Many who ask the same are one to others.
            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => DnsAsker.RecordsAsync(fixture.Host, "silent.many.example.com")));
            Assert.All(answers, a => Assert.Equal("ServFail", a));
            Assert.InRange(upstream.CountOf("silent.many.example.com"), 1, 2 * DnsLimits.Tries);
        }

        // The cluster's names do not wait for others.
        Assert.Equal("05312E312E30", await DnsAsker.RecordsAsync(fixture.Host, "dns-version.cluster.local", RecordTypes.TXT));
    }

    [Fact]
    public async Task The_host_s_file_is_followed()
    {
        await AskingAsync("192.0.2.2");
        await fixture.Host.ShAsync("ip addr replace 192.0.2.53/32 dev lo");
        await using var first = await FakeUpstream.StartAsync(fixture.Outside, "192.0.2.2", 7);
        await using var second = await FakeUpstream.StartAsync(fixture.Host, "192.0.2.53", 8);
        Assert.Equal("198.51.100.7", await DnsAsker.RecordsAsync(fixture.Host, "www.example.com"));
        fixture.Ask("192.0.2.53");
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, "www.example.com") == "198.51.100.8", "the new server is asked");

        // Without any, and with none but ourselves, nobody is asked.
        fixture.Ask("10.43.0.10", "10.83.0.1");
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, "www.example.com") == "ServFail", "nobody is asked");
    }

    [Fact]
    public async Task A_question_that_comes_back_ends_where_it_began()
    {
        await fixture.Host.ShAsync("ip addr replace 192.0.2.54/32 dev lo");

        // A server of the host that asks the cluster's DNS for everything, as one is set up by mistake.
        await using var loop = await FakeUpstream.StartAsync(fixture.Host, "192.0.2.54", 9, RelayAsync);
        await AskingAsync("192.0.2.54");
        Assert.Equal("ServFail", await DnsAsker.RecordsAsync(fixture.Host, "round.example.com"));
        Assert.InRange(loop.CountOf("round.example.com"), 1, 2 * DnsLimits.Tries);
        Assert.Equal("05312E312E30", await DnsAsker.RecordsAsync(fixture.Host, "dns-version.cluster.local", RecordTypes.TXT));
    }

    private async Task<byte[]?> RelayAsync(byte[] question)
    {
        using var socket = await fixture.Host.SocketAsync(SocketType.Dgram);
        using var limit = new CancellationTokenSource(DnsAsker.Patience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(DnsAsker.Server), 53), limit.Token);
            await socket.SendAsync(question, limit.Token);
            var buffer = new byte[4096];
            return buffer[..await socket.ReceiveAsync(buffer, limit.Token)];
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return null;
        }
    }

    /// <summary>Has the host ask these servers, and waits until it does.</summary>
    private async Task AskingAsync(params string[] servers)
    {
        var line = $"for other names {string.Join(", ", servers.Select(s => $"{s}:53"))} is asked";
        int Count() => fixture.Instance.DaemonLog.Split('\n').Count(l => l.Contains(line, StringComparison.Ordinal));
        var before = Count();
        fixture.Ask(servers);
        await Eventually.TrueAsync(() => Count() > before, "the new servers are asked");
    }
}

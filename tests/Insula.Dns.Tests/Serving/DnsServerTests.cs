using System.Net;
using System.Net.Sockets;
using Insula.Dns.Messages;
using Insula.Dns.Serving;
using Insula.Dns.Tables;

namespace Insula.Dns.Tests.Serving;

/// <summary>The server's bounds: what clients and other servers can make it hold, and that the cluster's names are answered all the same.</summary>
public sealed class DnsServerTests
{
    [Fact]
    public void More_questions_than_may_wait_are_refused_at_once_and_known_names_are_answered()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var server = new RunningServer((IPEndPoint)silent.LocalEndPoint!);
        using var client = server.Client();

        // From one address no more than so many wait; the next hears so.
        var code = Flood(client, DnsLimits.WaitersPerClient, i => $"n{i}.example");
        Assert.Equal(ResponseCode.ServFail, code);
        using var other = server.Client();
        other.Send(Question.Of("web.c"));
        Assert.Equal(["web.c 1 10.0.0.1"], Receive(other).Answers);
    }

    [Fact]
    public void Clients_together_have_no_more_different_questions_wait_than_there_may_be()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var server = new RunningServer((IPEndPoint)silent.LocalEndPoint!);
        using var first = server.Client("127.0.0.2");
        using var second = server.Client("127.0.0.3");
        for (var i = 0; i < 200; i++)
        {
            first.Send(Question.Of($"n{i}.example"));
        }

        first.Send(Question.Of("web.c"));
        Assert.Equal("web.c", Receive(first).Name);
        Assert.Equal(ResponseCode.ServFail, Flood(second, DnsLimits.Forwards - 200, i => $"m{i}.example"));

        // What waits already may be waited for by others, too: it costs nobody else anything.
        second.Send(Question.Of("n0.example"));
        second.Send(Question.Of("web.c"));
        Assert.Equal("web.c", Receive(second).Name);
    }

    [Fact]
    public void When_nobody_can_be_asked_that_is_said_at_once()
    {
        using var server = new RunningServer();
        using var client = server.Client();
        client.Send(Question.Of("www.example.com", edns: 1232));
        var answer = Receive(client);
        Assert.Equal(ResponseCode.ServFail, answer.Code);
        Assert.NotNull(answer.Opt);
    }

    [Fact]
    public void Connections_from_one_address_are_bounded_and_end_by_themselves()
    {
        using var server = new RunningServer();
        var connections = Enumerable.Range(0, DnsLimits.ConnectionsPerClient + 1).Select(_ => Connect(server)).ToList();

        // The last one is closed without a word; the others stay.
        Assert.Equal(0, connections[^1].Receive(new byte[1]));
        foreach (var connection in connections.SkipLast(1))
        {
            Assert.Equal(["web.c 1 10.0.0.1"], Ask(connection, Question.Of("web.c")).Answers);
        }

        // Those that say nothing for long are closed, and then there is room again.
        Assert.All(connections.SkipLast(1), c => Assert.Equal(0, c.Receive(new byte[1])));
        using var another = Connect(server);
        Assert.Equal(ResponseCode.NXDomain, Ask(another, Question.Of("other.c")).Code);
        connections.ForEach(c => c.Dispose());
    }

    [Fact]
    public void What_is_known_here_is_answered_without_making_garbage()
    {
        var responder = new Responder();
        List<byte> address = [];
        RecordReader.Write(DnsRecord.Address(IPAddress.Parse("10.0.0.1"), 5), address);
        responder.Table.Set(DnsName.FromText("web.c"), [.. address]);
        var (question, buffer, target) = (Question.Of("WEB.c", edns: 1232), new byte[4096], new byte[DnsName.MaxLength]);
        long Once()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                DnsQuery.Read(question, out var query);
                responder.Answer(query, buffer, 1232, target, out _, default);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Once();
        Assert.InRange(Once(), 0, 100);
    }

    private static Socket Connect(RunningServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        socket.Connect(server.Tcp);
        return socket;
    }

    private static Answer Ask(Socket connection, byte[] question)
    {
        connection.Send((byte[])[(byte)(question.Length >> 8), (byte)question.Length, .. question]);
        var prefix = Exactly(connection, 2);
        return new(Exactly(connection, (prefix[0] << 8) | prefix[1]));
    }

    private static byte[] Exactly(Socket connection, int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var read = connection.Receive(bytes.AsSpan(at));
            Assert.NotEqual(0, read);
            at += read;
        }

        return bytes;
    }

    private static Answer Receive(Socket socket)
    {
        var buffer = new byte[65535];
        return new(buffer.AsSpan(0, socket.Receive(buffer)));
    }

    /// <summary>Sends so many questions that wait, and one more; the answer is that one's.</summary>
    private static ResponseCode Flood(Socket client, int count, Func<int, string> name)
    {
        for (var i = 0; i < count + 1; i++)
        {
            client.Send(Question.Of(name(i)));
            if (i % 64 == 0 && i < count)
            {
                // In between one that is answered, so that none is dropped on the way.
                client.Send(Question.Of("web.c"));
                Assert.Equal("web.c", Receive(client).Name);
            }
        }

        var answer = Receive(client);
        Assert.Equal(name(count), answer.Name);
        return answer.Code;
    }
}

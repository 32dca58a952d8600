using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Insula.Dns.Messages;
using Insula.Dns.Tests;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Dns;

/// <summary>Asks a DNS server from a network namespace.</summary>
internal static class DnsAsker
{
    public const string Server = "10.43.0.10";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>The answer to one datagram; null when none comes.</summary>
    public static async Task<Answer?> TryAskAsync(TestNamespace from, string name, ushort type = RecordTypes.A, int? edns = null, string server = Server, int port = 53, TimeSpan? patience = null)
    {
        using var socket = await from.SocketAsync(SocketType.Dgram);
        using var limit = new CancellationTokenSource(patience ?? Patience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(server), port), limit.Token);
            await socket.SendAsync(Question.Of(name, type, edns), limit.Token);
            var buffer = new byte[65535];
            return new Answer(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, limit.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return null;
        }
    }

    public static async Task<Answer> AskAsync(TestNamespace from, string name, ushort type = RecordTypes.A, int? edns = null)
    {
        var answer = await TryAskAsync(from, name, type, edns);
        Assert.True(answer is not null, $"no answer for {name}");
        return answer;
    }

    /// <summary>The records of an answer, in order; its error; or that there was none.</summary>
    public static async Task<string> RecordsAsync(TestNamespace from, string name, ushort type = RecordTypes.A)
    {
        return await TryAskAsync(from, name, type) is not { } answer ? "silence"
            : answer.Code == ResponseCode.NoError ? string.Join(", ", answer.Sections[0].Select(r => r.Text).Order(StringComparer.Ordinal))
            : answer.Code.ToString();
    }

    /// <summary>The answers to questions that are sent over one connection at once.</summary>
    public static async Task<List<Answer>> AskStreamAsync(TestNamespace from, params byte[][] questions)
    {
        using var socket = await from.SocketAsync();
        using var limit = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(Server), 53), limit.Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(questions.SelectMany(q => (byte[])[(byte)(q.Length >> 8), (byte)q.Length, .. q]).ToArray(), limit.Token);
        var answers = new List<Answer>();
        for (var prefix = new byte[2]; answers.Count < questions.Length;)
        {
            await stream.ReadExactlyAsync(prefix, limit.Token);
            var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
            await stream.ReadExactlyAsync(answer, limit.Token);
            answers.Add(new(answer));
        }

        return answers;
    }
}

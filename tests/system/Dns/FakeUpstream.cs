using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Insula.Dns.Messages;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Dns;

/// <summary>A DNS server somewhere else, which answers by what the name begins with, and remembers what it was asked.</summary>
internal sealed class FakeUpstream : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly byte _last;
    private readonly Func<byte[], Task<byte[]?>>? _relay;
    private readonly Task[] _serving;

    private FakeUpstream(Socket udp, Socket tcp, byte last, Func<byte[], Task<byte[]?>>? relay)
    {
        (_udp, _tcp, _last, _relay) = (udp, tcp, last, relay);
        _serving = [ServeUdpAsync(), ServeTcpAsync()];
    }

    /// <summary>Name, source port and id of each question.</summary>
    public ConcurrentQueue<(string Name, int Port, ushort Id)> Asked { get; } = [];

    /// <param name="space">Where it is.</param>
    /// <param name="address">Its address there.</param>
    /// <param name="last">The last number of the addresses that it answers.</param>
    /// <param name="relay">Answers instead; null for none.</param>
    public static async Task<FakeUpstream> StartAsync(TestNamespace space, string address, byte last, Func<byte[], Task<byte[]?>>? relay = null)
    {
        var udp = await space.SocketAsync(SocketType.Dgram);
        udp.Bind(new IPEndPoint(IPAddress.Parse(address), 53));
        var tcp = await space.SocketAsync();
        tcp.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        tcp.Bind(new IPEndPoint(IPAddress.Parse(address), 53));
        tcp.Listen();
        return new(udp, tcp, last, relay);
    }

    public int CountOf(string name) => Asked.Count(a => a.Name == name);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await Task.WhenAll(_serving);
        _ending.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _ending.Token);
                var question = buffer[..received.ReceivedBytes];
                Note(question, (IPEndPoint)received.RemoteEndPoint);
                if (_relay is { } relay)
                {
                    _ = RelayAsync(relay, question, received.RemoteEndPoint);
                    continue;
                }

                foreach (var answer in Answers(question, isStream: false))
                {
                    await _udp.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, _ending.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RelayAsync(Func<byte[], Task<byte[]?>> relay, byte[] question, EndPoint to)
    {
        if (await relay(question) is { } answer)
        {
            await _udp.SendToAsync(answer, SocketFlags.None, to);
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await _tcp.AcceptAsync(_ending.Token);
                await using var stream = new NetworkStream(connection);
                var prefix = new byte[2];
                await stream.ReadExactlyAsync(prefix, _ending.Token);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(question, _ending.Token);
                Note(question, (IPEndPoint)connection.RemoteEndPoint!);
                foreach (var answer in Answers(question, isStream: true))
                {
                    await stream.WriteAsync((byte[])[(byte)(answer.Length >> 8), (byte)answer.Length, .. answer], _ending.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }

    private void Note(byte[] question, IPEndPoint from) =>
        Asked.Enqueue((NameOf(question), from.Port, BinaryPrimitives.ReadUInt16BigEndian(question)));

    private static string NameOf(byte[] question)
    {
        var end = 12;
        DnsName.TrySkip(question, ref end, pointers: false);
        return DnsName.ToText(question.AsSpan(12..end));
    }

    private IEnumerable<byte[]> Answers(byte[] question, bool isStream)
    {
        var end = 12;
        DnsName.TrySkip(question, ref end, pointers: false);
        var head = question[..(end + 4)];
        (head[2], head[3], head[11]) = (0x81, 0x80, 0);
        switch (NameOf(question).Split('.')[0])
        {
            case "silent":
                break;
            case "nowhere":
                yield return With(head, 3, 0x83);
                break;
            case "failing":
                yield return With(head, 3, 0x82);
                break;
            case "big" when !isStream:
                yield return With(head, 2, 0x83);
                break;
            case "big":
                var all = With(head, 7, 100);
                for (byte i = 0; i < 100; i++)
                {
                    all = [.. all, .. Address(i)];
                }

                yield return all;
                break;
            case "spoofed":
                // Another number, another question, another class of message; the right one comes last.
                yield return With(With([.. head, .. Address(66)], 7, 1), 0, (byte)(head[0] ^ 1));
                yield return With(With([.. head, .. Address(66)], 7, 1), 13, (byte)'x');
                yield return With(With([.. head, .. Address(66)], 7, 1), 2, 0x01);
                yield return [1, 2, 3];
                yield return With([.. head, .. Address(_last)], 7, 1);
                break;
            default:
                yield return With([.. head, .. Address(_last)], 7, 1);
                break;
        }
    }

    private static byte[] Address(byte last) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, 100, last];

    private static byte[] With(byte[] message, int at, byte value)
    {
        var changed = (byte[])message.Clone();
        changed[at] = value;
        return changed;
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Images;

/// <summary>Stands before a registry, and does with its answers what networks do.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _met = new();
    private LoopbackHttp? _http;

    private FaultyProxy()
    {
    }

    public enum Fault
    {
        None,
        Cut,
        Flipped,
        Slow,
        TooMany,
        Unavailable,
        Silent,
    }

    public int Port => _http!.Port;

    public string Name => $"127.0.0.1:{Port}";

    /// <summary>What is wrong, with whose path, and how many times for each path.</summary>
    public (Fault Fault, string Path, int Times) Does { get; set; }

    /// <summary>Method and path of each request.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public static async Task<FaultyProxy> StartAsync(TestNamespace host, int registry)
    {
        var proxy = new FaultyProxy();
        proxy._http = await LoopbackHttp.StartAsync(host, (head, client) => proxy.PassAsync(host, registry, head, client));
        return proxy;
    }

    public ValueTask DisposeAsync() => _http!.DisposeAsync();

    private async Task PassAsync(TestNamespace host, int registry, string head, Stream client)
    {
        var path = head.Split(' ')[1];
        Asked.Enqueue($"{head.Split(' ')[0]} {path}");
        var (fault, where, times) = Does;
        if (fault != Fault.None && (!path.Contains(where, StringComparison.Ordinal) || _met.AddOrUpdate($"{fault} {path}", 1, (_, n) => n + 1) > times))
        {
            fault = Fault.None;
        }

        switch (fault)
        {
            case Fault.TooMany:
                await LoopbackHttp.AnswerAsync(client, "429 Too Many Requests", headers: "Retry-After: 0\r\n");
                return;
            case Fault.Unavailable:
                await LoopbackHttp.AnswerAsync(client, "503 Service Unavailable");
                return;
            case Fault.Silent:
                // Until the other side has had enough.
                await client.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
                return;
            default:
                break;
        }

        using var socket = await host.SocketAsync();
        await socket.ConnectAsync(IPAddress.Loopback, registry);
        await using var upstream = new NetworkStream(socket, ownsSocket: false);
        await upstream.WriteAsync(Encoding.ASCII.GetBytes(head[..^2] + "Connection: close\r\n\r\n"));
        var buffer = new byte[16 << 10];
        long total = 0;
        for (int got; (got = await upstream.ReadAsync(buffer)) > 0; total += got)
        {
            if (fault == Fault.Flipped && total + got > 4000 && total <= 4000)
            {
                buffer[4000 - total] ^= 1;
            }

            if (fault == Fault.Cut && total + got > 20_000)
            {
                await client.WriteAsync(buffer.AsMemory(0, got / 2));
                client.Close();
                return;
            }

            await client.WriteAsync(buffer.AsMemory(0, got));
            await Task.Delay(fault == Fault.Slow ? 1 : 0);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Ingresses;

/// <summary>
/// Answers each HTTP/1.1 request with its own head, takes part in an upgrade by sending back what comes, and answers each HTTP/2 request as a gRPC server
/// would, with trailers.
/// </summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Socket _listener;
    private readonly Task _serving;

    private EchoServer(Socket listener)
    {
        _listener = listener;
        _serving = ServeAsync();
    }

    public static async Task<EchoServer> StartAsync(TestNamespace space, int port)
    {
        var listener = await space.SocketAsync();
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Any, port));
        listener.Listen(512);
        return new EchoServer(listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptAsync(_ending.Token);
            _ = Task.Run(() => AnswerAsync(client));
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            while (await HeadAsync(stream) is { Length: > 0 } head)
            {
                if (head.StartsWith("PRI * HTTP/2.0", StringComparison.Ordinal))
                {
                    await AnswerHttp2Async(stream);
                    return;
                }

                if (head.Contains("upgrade: websocket", StringComparison.OrdinalIgnoreCase))
                {
                    // To the key of the example of RFC 6455, 1.3.
                    await stream.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"u8.ToArray(), _ending.Token);
                    await stream.CopyToAsync(stream, _ending.Token);
                    return;
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {head.Length}\r\n\r\n{head}"), _ending.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or EndOfStreamException)
        {
            // The client has gone.
        }
    }

    private async Task<string> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _ending.Token) == 0)
            {
                return "";
            }

            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    // RFC 9113: frames of a length, a type, flags and a stream. The rest of the preface is behind its empty line.
    private async Task AnswerHttp2Async(NetworkStream stream)
    {
        await stream.ReadExactlyAsync(new byte[6], _ending.Token); // SM and an empty line
        await stream.WriteAsync(Frame(4, 0, 0, []), _ending.Token); // SETTINGS
        var head = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(head, _ending.Token);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload, _ending.Token);
            var (type, flags, id) = (head[3], head[4], (head[5] << 24) | (head[6] << 16) | (head[7] << 8) | head[8]);
            if (type == 4 && (flags & 1) == 0)
            {
                await stream.WriteAsync(Frame(4, 1, 0, []), _ending.Token);
            }
            else if (type is 0 or 1 && (flags & 1) != 0)
            {
                await stream.WriteAsync(Frame(1, 4, id, [0x88, .. Header("content-type", "application/grpc")]), _ending.Token);
                await stream.WriteAsync(Frame(0, 0, id, "over HTTP/2\n"u8.ToArray()), _ending.Token);
                await stream.WriteAsync(Frame(1, 5, id, Header("grpc-status", "0")), _ending.Token);
            }
        }
    }

    // RFC 7541, 6.2.2: a literal with a new name.
    private static byte[] Header(string name, string value) => [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload];
}

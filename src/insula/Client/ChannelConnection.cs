using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Insula.Cli.Client;

/// <summary>A WebSocket with Kubernetes' channels (v5.channel.k8s.io): the first byte of each message names its channel. One may receive, any send.</summary>
internal sealed class ChannelConnection : IDisposable
{
    /// <summary>The channel whose second byte names a channel on which nothing more comes.</summary>
    public const byte Close = 255;

    private const string Protocol = "v5.channel.k8s.io";

    private const int MostBytes = 1 << 20;

    private readonly ClientWebSocket _socket;
    private readonly SemaphoreSlim _sending = new(1);
    private byte[] _buffer = new byte[1 + (64 * 1024)];

    private ChannelConnection(ClientWebSocket socket) => _socket = socket;

    /// <summary>Connects.</summary>
    /// <param name="client">The daemon.</param>
    /// <param name="path">Path and query of a subresource of a pod.</param>
    /// <param name="what">What is asked for, for the refusal.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="CommandException">It was refused, or there is no daemon.</exception>
    public static async Task<ChannelConnection> OpenAsync(ApiClient client, string path, string what, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(Protocol);
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(new Uri($"ws://insula{path}"), client.Invoker, ct);
            return new ChannelConnection(socket);
        }
        catch (WebSocketException) when (socket.HttpStatusCode is not 0)
        {
            // The handshake drops the body of a refusal; the same request without upgrade brings the reason.
            using (socket)
            using (await client.SendRawAsync(HttpMethod.Post, path, null, ct))
            {
                throw new CommandException($"{what} was refused with HTTP {(int)socket.HttpStatusCode}");
            }
        }
        catch (WebSocketException)
        {
            // Not an HTTP refusal: asking for anything else names the unreachable socket in our own words.
            socket.Dispose();
            await client.GetAsync(path[..path.LastIndexOf('/')], ct);
            throw;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
    /// <summary>The exit code that a final Status tells.</summary>
    /// <param name="status">The Status.</param>
    /// <param name="otherwise">What has failed, for one that says nothing.</param>
    /// <exception cref="CommandException">It is a refusal.</exception>
    public static int ExitCode(ReadOnlySpan<byte> status, string otherwise)
    {
        var json = JsonNode.Parse(status) as JsonObject;
        if ((string?)json?["status"] == "Success")
        {
            return 0;
        }

        var cause = json?["details"]?["causes"]?.AsArray().FirstOrDefault(c => (string?)c?["reason"] == "ExitCode");
        return int.TryParse((string?)cause?["message"], CultureInfo.InvariantCulture, out var code)
            ? code
            : throw new CommandException((string?)json?["message"] ?? otherwise) { Code = (int?)json?["code"] ?? 0 };
    }

    /// <summary>Sends a message.</summary>
    /// <param name="message">Its channel first.</param>
    /// <param name="ct">Gives up, and the connection with it.</param>
    /// <exception cref="WebSocketException">The daemon has gone.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Says that nothing more comes on a channel.</summary>
    public Task EndAsync(byte channel, CancellationToken ct) => SendAsync(new byte[] { Close, channel }, ct);

    /// <summary>The next message that is not empty, until the next call; empty when the daemon closes.</summary>
    /// <exception cref="WebSocketException">The daemon has gone.</exception>
    public async Task<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken ct)
    {
        for (var length = 0; ;)
        {
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, length < MostBytes ? 2 * length : throw new CommandException("the daemon sent a message that is too long"));
            }

            var part = await _socket.ReceiveAsync(_buffer.AsMemory(length), ct);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return default;
            }

            length += part.Count;
            if (part.EndOfMessage && length > 0)
            {
                return _buffer.AsMemory(0, length);
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _sending.Dispose();
    }
}

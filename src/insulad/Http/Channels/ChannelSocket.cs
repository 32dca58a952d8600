using System.Net.WebSockets;
using Insula.Api.Json;
using Insula.Api.Meta;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http.Channels;

/// <summary>
/// A WebSocket with Kubernetes' channels: each message's first byte names the one it belongs to, and in v5 a message of 255 and a
/// channel says that nothing more comes on that (KEP-4006).
/// </summary>
internal sealed class ChannelSocket : IDisposable
{
    /// <summary>In v5, the channel whose second byte names a channel that is closed.</summary>
    public const byte Close = 255;

    private const string Newest = "v5.channel.k8s.io";
    private const int MaxMessage = 1 << 20;

    /// <summary>The newest first.</summary>
    private static readonly string[] s_protocols = [Newest, "v4.channel.k8s.io"];

    /// <summary>How long a client may take to answer the closing of the WebSocket.</summary>
    private static readonly TimeSpan s_closeDeadline = TimeSpan.FromSeconds(5);

    private readonly WebSocket _socket;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly MemoryStream _message = new();

    /// <summary>Takes the connection over.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="canClose">Whether single channels can be closed: v5.</param>
    private ChannelSocket(WebSocket socket, bool canClose)
    {
        _socket = socket;
        CanClose = canClose;
    }

    /// <summary>Whether single channels can be closed: v5.</summary>
    public bool CanClose { get; }

    /// <summary>The subprotocol of both that is the newest.</summary>
    /// <param name="context">The request.</param>
    /// <param name="what">What was asked for, for the refusal.</param>
    /// <exception cref="ApiException">It is no request for a WebSocket, or for one of other subprotocols only.</exception>
    public static string Choose(HttpContext context, string what)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw ApiException.BadRequest($"Upgrade request required: {what} speaks WebSocket ({Newest}); SPDY is not served");
        }

        return s_protocols.FirstOrDefault(context.WebSockets.WebSocketRequestedProtocols.Contains)
            ?? throw ApiException.BadRequest($"no supported subprotocol was requested: the server speaks {string.Join(", ", s_protocols)}");
    }

    /// <summary>Upgrades the connection.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">The subprotocol that was chosen.</param>
    public static async Task<ChannelSocket> AcceptAsync(HttpContext context, string protocol) =>
        new(await context.WebSockets.AcceptWebSocketAsync(protocol), protocol == Newest);

    /// <summary>The next message that is not empty, its channel first; empty when the client closes, or has sent one that is too long.</summary>
    /// <exception cref="WebSocketException">The client has gone.</exception>
    public async Task<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken ct)
    {
        _message.SetLength(0);
        while (true)
        {
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(), ct);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return default;
            }

            _message.Write(_buffer, 0, part.Count);
            if (_message.Length > MaxMessage)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.MessageTooBig, "messages may have 1 MiB", ct);
                return default;
            }

            if (part.EndOfMessage && _message.Length > 0)
            {
                return _message.ToArray();
            }
        }
    }

    /// <summary>Sends a message whose first byte is its channel.</summary>
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

    /// <summary>Says that no message follows.</summary>
    public async Task CloseOutputAsync(CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>
    /// Waits for the client's answer to the close. Ending the connection under it, with something of its still unread, would make
    /// its kernel forget what it has not read yet: how it ended.
    /// </summary>
    /// <param name="reading">Ends with the client's close.</param>
    /// <param name="ct">Stops waiting.</param>
    public static Task AwaitCloseAsync(Task reading, CancellationToken ct) => Task.WhenAny(reading, Task.Delay(s_closeDeadline, ct));

    /// <summary>Tells the client on a channel why nothing came of its request, and ends.</summary>
    public async Task RefuseAsync(byte channel, Status status, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(s_closeDeadline);
        try
        {
            await SendAsync((byte[])[channel, .. ApiJson.ToUtf8(status)], deadline.Token);
            await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client did not wait for the reason.
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _sending.Dispose();
        _message.Dispose();
    }
}

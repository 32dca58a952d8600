using System.Net.WebSockets;

namespace Insula.Cli.Client;

/// <summary>Opens WebSockets with Kubernetes' channels (v5.channel.k8s.io): the first byte of each message names its channel.</summary>
internal static class ChannelConnection
{
    /// <summary>The channel whose second byte names a channel on which nothing more comes.</summary>
    public const byte Close = 255;

    private const string Protocol = "v5.channel.k8s.io";

    /// <summary>Connects.</summary>
    /// <param name="client">The daemon.</param>
    /// <param name="path">Path and query of a subresource of a pod.</param>
    /// <param name="what">What is asked for, for the refusal.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="CommandException">It was refused, or there is no daemon.</exception>
    public static async Task<ClientWebSocket> OpenAsync(ApiClient client, string path, string what, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(Protocol);
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(new Uri($"ws://insula{path}"), client.Invoker, ct);
            return socket;
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
}

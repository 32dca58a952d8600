using System.Net.Sockets;
using System.Net.WebSockets;
using Insulad.Http.Channels;

namespace Insulad.Http.PortForward;

/// <summary>
/// The connections of one WebSocket. The port at place N has the channels 2N for its bytes, both ways, and 2N+1 for what went
/// wrong; each begins with a message that holds the port's number, low byte first. In v5 a closed channel is half of a connection.
/// </summary>
internal sealed class PortForwardSession(ChannelSocket socket, IReadOnlyList<int> ports, Func<int, CancellationToken, Task<Socket>> connect)
{
    public async Task RunAsync(CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var connections = ports.Select((port, place) => new ForwardedConnection(socket, place, port)).ToList();
        var reading = ReceiveAsync(connections, end.Token);
        var all = Task.WhenAll(connections.Select(c => c.RunAsync(connect, end.Token)));
        try
        {
            if (await Task.WhenAny(all, reading) == all)
            {
                await all;
                await socket.CloseOutputAsync(end.Token);
                await ChannelSocket.AwaitCloseAsync(reading, end.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client or the daemon goes; the connections go with it.
        }
        finally
        {
            await end.CancelAsync();
            foreach (var connection in connections)
            {
                connection.Abandon();
            }

            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReceiveAsync(List<ForwardedConnection> connections, CancellationToken ct)
    {
        while (await socket.ReceiveAsync(ct) is { IsEmpty: false } message)
        {
            var isEnd = socket.CanClose && message.Span is [ChannelSocket.Close, _];
            var channel = isEnd ? message.Span[1] : message.Span[0];

            // What comes for no port, or for a port's errors, means nothing.
            if (channel % 2 == 0 && channel / 2 < connections.Count)
            {
                await connections[channel / 2].TakeAsync(isEnd ? default : message[1..], isEnd, ct);
            }
        }
    }
}

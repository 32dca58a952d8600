using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Insula.Cli.Client;

/// <summary>
/// Listens on this machine and leads each connection to a port of a pod, over a WebSocket of its own: what happens to one touches
/// no other, and each finds the pod, or the daemon, of its own time.
/// </summary>
internal sealed class PortForwarder(ApiClient client, ForwardTarget target, TextWriter output, TextWriter errors)
{
    private const byte Data = 0;
    private const byte Error = 1;

    /// <summary>Listens at one port of several addresses.</summary>
    /// <param name="addresses">IP addresses, or <c>localhost</c> for both loopbacks of which one is enough.</param>
    /// <param name="local">The port; 0 for any.</param>
    /// <exception cref="CommandException">Somebody else listens there, or there is no such address.</exception>
    public static IReadOnlyList<Socket> Listen(IReadOnlyList<string> addresses, int local)
    {
        var listeners = new List<Socket>();
        try
        {
            foreach (var address in addresses)
            {
                var before = listeners.Count;
                SocketException? refused = null;
                foreach (var ip in address == "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : Parse(address))
                {
                    try
                    {
                        listeners.Add(Bind(ip, local));

                        // The same on all addresses.
                        local = ((IPEndPoint)listeners[^1].LocalEndPoint!).Port;
                    }
                    catch (SocketException e)
                    {
                        refused ??= e;
                    }
                }

                if (listeners.Count == before)
                {
                    throw new CommandException($"cannot listen on {address}, port {local}: {refused!.Message}; choose another as OTHER:REMOTE, or any as :REMOTE");
                }
            }

            return listeners;
        }
        catch
        {
            listeners.ForEach(l => l.Dispose());
            throw;
        }
    }

    /// <summary>Serves a listener until it is cancelled.</summary>
    /// <param name="listener">Where connections arrive; disposed at the end.</param>
    /// <param name="remote">The pod's port.</param>
    /// <param name="ct">Ends it, and its connections.</param>
    public async Task ServeAsync(Socket listener, int remote, CancellationToken ct)
    {
        using var end = listener;
        while (true)
        {
            var connection = await listener.AcceptAsync(ct);
            connection.NoDelay = true;
            await output.WriteLineAsync($"Handling connection for {((IPEndPoint)connection.LocalEndPoint!).Port}");
            _ = LeadAsync(connection, remote, isAgain: false, ct);
        }
    }

    private async Task LeadAsync(Socket local, int remote, bool isAgain, CancellationToken ct)
    {
        using var ends = local;
        string? path = null;
        try
        {
            path = await target.PodPathAsync(ct);
            using var connection = await ChannelConnection.OpenAsync(client, $"{path}/portforward?ports={remote}", "port-forward", ct);
            await LeadAsync(local, connection, ct);
        }
        catch (CommandException e) when (e.Code == 404 && path is not null && !isAgain)
        {
            // A workload has made another since.
            target.Forget(path);
            await LeadAsync(local, remote, isAgain: true, ct);
        }
        catch (Exception e) when (e is CommandException or WebSocketException or SocketException or IOException or ObjectDisposedException)
        {
            // The next connection may find a pod that lives.
            target.Forget(path);

            // The peer is not to take it for an end that was meant.
            local.Close(0);
            await errors.WriteLineAsync($"error: port {remote}: {Output.Printable.Text(e is CommandException ? e.Message : "the connection was broken off")}");
        }
        catch (OperationCanceledException)
        {
            // The user ends it.
            local.Close(0);
        }
    }

    private static async Task LeadAsync(Socket local, ChannelConnection connection, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sending = SendAsync(local, connection, end.Token);
        var receiving = ReceiveAsync(local, connection, end.Token);
        try
        {
            // The pod's side tells the end of the whole; ours that the program at our end broke off.
            if (await Task.WhenAny(sending, receiving) == sending)
            {
                await sending;
            }

            await receiving;
        }
        finally
        {
            await end.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task SendAsync(Socket local, ChannelConnection connection, CancellationToken ct)
    {
        var buffer = new byte[1 + (32 * 1024)];
        buffer[0] = Data;
        for (int count; (count = await local.ReceiveAsync(buffer.AsMemory(1), ct)) > 0;)
        {
            await connection.SendAsync(buffer.AsMemory(0, count + 1), ct);
        }

        await connection.EndAsync(Data, ct);
    }

    private static async Task ReceiveAsync(Socket local, ChannelConnection connection, CancellationToken ct)
    {
        // Each channel begins with the number of the port.
        var told = new bool[2];
        while (await connection.ReceiveAsync(ct) is { IsEmpty: false } message)
        {
            switch (message.Span)
            {
                case [ChannelConnection.Close, Data]:
                    local.Shutdown(SocketShutdown.Send);
                    break;
                case [Data or Error, ..] when !told[message.Span[0]]:
                    told[message.Span[0]] = true;
                    break;
                case [Data, ..]:
                    await SendAllAsync(local, message[1..], ct);
                    break;
                case [Error, ..]:
                    throw new CommandException(Encoding.UTF8.GetString(message.Span[1..]));
                default:
                    break;
            }
        }
    }

    private static async Task SendAllAsync(Socket local, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await local.SendAsync(bytes, ct)..];
        }
    }

    private static IPAddress[] Parse(string address) =>
        [IPAddress.TryParse(address, out var ip) ? ip : throw new CommandException($"--address {address}: an IP address or localhost is wanted")];

    private static Socket Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>Answers every connection and every datagram with its name and the address it sees.</summary>
internal sealed class NamedServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Socket? _tcp;
    private readonly Socket _udp;
    private readonly Task[] _serving;

    private NamedServer(string name, Socket? tcp, Socket udp)
    {
        _tcp = tcp;
        _udp = udp;
        _serving = tcp is null ? [ServeUdpAsync(name)] : [ServeTcpAsync(name, tcp), ServeUdpAsync(name)];
    }

    public static async Task<NamedServer> StartAsync(TestNamespace space, string name, int port, bool v6 = false)
    {
        var family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var any = v6 ? IPAddress.IPv6Any : IPAddress.Any;
        var tcp = await space.SocketAsync(SocketType.Stream, family);
        tcp.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        tcp.Bind(new IPEndPoint(any, port));
        tcp.Listen(512);
        var udp = await space.SocketAsync(SocketType.Dgram, family);
        udp.Bind(new IPEndPoint(any, port));
        return new NamedServer(name, tcp, udp);
    }

    /// <summary>The same for datagrams alone.</summary>
    public static async Task<NamedServer> StartUdpAsync(TestNamespace space, string name, int port)
    {
        var udp = await space.SocketAsync(SocketType.Dgram);
        udp.Bind(new IPEndPoint(IPAddress.Any, port));
        return new NamedServer(name, null, udp);
    }

    /// <summary>How long nothing is waited for, where nothing is expected.</summary>
    public const int Silence = 700;

    /// <summary>What answers at an address: name and the client's address; "refused", "unreachable" or "silence" when nothing does within the limit.</summary>
    public static async Task<string> AskAsync(TestNamespace from, string address, int port, int limit = 10_000)
    {
        using var socket = await from.SocketAsync(SocketType.Stream, IPAddress.Parse(address).AddressFamily);
        using var ending = new CancellationTokenSource(limit);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), ending.Token);
            return await ReadAsync(socket, ending.Token);
        }
        catch (OperationCanceledException)
        {
            return "silence";
        }
        catch (SocketException e)
        {
            return Word(e);
        }
    }

    /// <summary>The same with a datagram from a socket that is kept.</summary>
    public static async Task<string> AskUdpAsync(Socket socket, string address, int port, int limit = 10_000)
    {
        using var ending = new CancellationTokenSource(limit);
        try
        {
            // An error of an earlier datagram is told to the next call: it is not this one's.
            var to = new IPEndPoint(IPAddress.Parse(address), port);
            if (!socket.Connected)
            {
                await socket.ConnectAsync(to, ending.Token);
            }

            await socket.SendAsync("?"u8.ToArray(), ending.Token);
            return await ReadAsync(socket, ending.Token);
        }
        catch (OperationCanceledException)
        {
            return "silence";
        }
        catch (SocketException e)
        {
            return Word(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _tcp?.Dispose();
        _udp.Dispose();
        await Task.WhenAll(_serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private static string Word(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused or SocketError.ConnectionReset => "refused",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "unreachable",
        _ => e.SocketErrorCode.ToString(),
    };

    private static async Task<string> ReadAsync(Socket socket, CancellationToken ct)
    {
        var bytes = new byte[200];
        return Encoding.ASCII.GetString(bytes, 0, await socket.ReceiveAsync(bytes, ct));
    }

    private async Task ServeTcpAsync(string name, Socket tcp)
    {
        while (!_ending.IsCancellationRequested)
        {
            using var client = await tcp.AcceptAsync(_ending.Token);
            try
            {
                await client.SendAsync(Encoding.ASCII.GetBytes($"{name} {((IPEndPoint)client.RemoteEndPoint!).Address}"), _ending.Token);
            }
            catch (SocketException)
            {
                // The client has gone already.
            }
        }
    }

    private async Task ServeUdpAsync(string name)
    {
        var bytes = new byte[200];
        while (!_ending.IsCancellationRequested)
        {
            var got = await _udp.ReceiveFromAsync(bytes, SocketFlags.None, _udp.LocalEndPoint!, _ending.Token);
            try
            {
                await _udp.SendToAsync(Encoding.ASCII.GetBytes($"{name} {((IPEndPoint)got.RemoteEndPoint).Address}"), SocketFlags.None, got.RemoteEndPoint, _ending.Token);
            }
            catch (SocketException)
            {
                // The client has gone already.
            }
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Insula.SystemTests.Network;
using Insula.SystemTests.Services;

namespace Insula.SystemTests.Policies;

/// <summary>A connection between two namespaces that is kept, to see whether it goes on.</summary>
internal sealed class Echo : IAsyncDisposable
{
    private readonly Socket _client;
    private readonly Socket _server;

    private Echo(Socket client, Socket server) => (_client, _server) = (client, server);

    public static async Task<Echo> ConnectAsync(TestNamespace from, TestNamespace to, IPAddress address)
    {
        using var listener = await to.ListenAsync(address);
        var client = await from.TryConnectAsync(listener.LocalEndPoint!, TimeSpan.FromSeconds(10));
        Assert.NotNull(client);
        return new(client, await listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(10)));
    }

    /// <summary>The same by another address than the one that is listened at.</summary>
    public static async Task<Echo> ConnectAsync(TestNamespace from, TestNamespace to, IPAddress listening, IPEndPoint by, int port)
    {
        using var listener = await to.SocketAsync();
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(listening, port));
        listener.Listen();
        var client = await from.TryConnectAsync(by, TimeSpan.FromSeconds(10));
        Assert.NotNull(client);
        return new(client, await listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(10)));
    }

    /// <summary>Whether the client has learned of the end.</summary>
    public async Task<bool> IsResetAsync()
    {
        using var limit = new CancellationTokenSource(10_000);
        try
        {
            await _client.ReceiveAsync(new byte[1], limit.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionReset;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Whether a byte comes through, and one back; on a busy machine that may take its time.</summary>
    public async Task<bool> GoesOnAsync() => await PassesAsync(_client, _server, 10_000) && await PassesAsync(_server, _client, 10_000);

    /// <summary>Whether none comes through.</summary>
    public async Task<bool> HasEndedAsync() => !await PassesAsync(_client, _server, NamedServer.Silence);

    /// <summary>Whether a byte comes back.</summary>
    public Task<bool> SendsBackAsync() => PassesAsync(_server, _client, NamedServer.Silence);

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<bool> PassesAsync(Socket from, Socket to, int milliseconds)
    {
        using var limit = new CancellationTokenSource(milliseconds);
        try
        {
            await from.SendAsync(new byte[1], limit.Token);
            return await to.ReceiveAsync(new byte[1], limit.Token) == 1;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Images;

/// <summary>HTTP/1.1 on the loopback of a network namespace: a request without a body for each connection.</summary>
internal sealed class LoopbackHttp : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<string, Stream, Task> _serve;
    private readonly Task _accepting;

    private LoopbackHttp(Socket listener, Func<string, Stream, Task> serve)
    {
        (_listener, _serve) = (listener, serve);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Begins to serve.</summary>
    /// <param name="host">Where.</param>
    /// <param name="serve">Is given a request's head, and writes the answer.</param>
    /// <param name="port">Its port; 0 for any.</param>
    public static async Task<LoopbackHttp> StartAsync(TestNamespace host, Func<string, Stream, Task> serve, int port = 0) =>
        new(await host.ListenAsync(IPAddress.Loopback, port), serve);

    /// <summary>Writes a short answer.</summary>
    public static async Task AnswerAsync(Stream client, string status, string body = "", string headers = "") =>
        await client.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\n{headers}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one) == 0)
                {
                    return;
                }

                head.Append((char)one[0]);
            }

            await _serve(head.ToString(), stream);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The client went, or was cut off.
        }
    }
}

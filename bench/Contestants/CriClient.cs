using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Insula.Bench.Contestants;

/// <summary>Calls of the Container Runtime Interface (gRPC by HTTP/2 on a Unix socket), as a kubelet makes them.</summary>
internal sealed class CriClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>A client of the service on a socket.</summary>
    public CriClient(string socket)
    {
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, ct) => ConnectAsync(socket, ct) })
        {
            BaseAddress = new Uri("http://localhost"),
            Timeout = TimeSpan.FromMinutes(1),
        };
    }

    /// <summary>Makes one call.</summary>
    /// <param name="method">Service and method, such as <c>RuntimeService/Version</c>.</param>
    /// <param name="message">The request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="InvalidOperationException">The service refused; says why.</exception>
    public async Task<CriMessage> CallAsync(string method, CriMessage message, CancellationToken cancellationToken)
    {
        var body = message.ToArray();
        var framed = new byte[5 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), body.Length);
        body.CopyTo(framed, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/runtime.v1.{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(framed),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await _http.SendAsync(request, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return Header(response, "grpc-status") == "0"
            ? new CriMessage(answer.AsMemory(5))
            : throw new InvalidOperationException($"{method}: {Header(response, "grpc-message")}");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // An answer without a message has its trailers among the headers.
    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : null;

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}

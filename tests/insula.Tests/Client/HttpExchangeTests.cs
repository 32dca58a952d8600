using System.Net.Sockets;
using System.Text;
using Insula.Cli.Client;

namespace Insula.Cli.Tests.Client;

public sealed class HttpExchangeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", "hello")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nto the end", "to the end")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\nnothing", "")]
    [InlineData("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n, you!\r\n0\r\nTrailer: 1\r\n\r\nmore", "hello, you!")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "")]
    public async Task The_body_ends_where_its_head_says(string answer, string body)
    {
        foreach (var step in (int[])[1, 7, int.MaxValue])
        {
            var (exchange, _) = await ExchangeAsync(answer, step);
            using var reader = new StreamReader(exchange.Body);
            Assert.Equal(body, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
            exchange.Dispose();
        }
    }

    [Theory]
    [InlineData("", "ended the connection before it answered")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", "ended the connection before it answered")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "not of HTTP/1.1")]
    [InlineData("HTTP/1.1 200 OK\r\nno header\r\n\r\n", "without a colon")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n", "no number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "no number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "in the middle of its answer")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell", "in the middle of its answer")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n", "no size")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx", "no size")]
    public async Task What_is_cut_short_or_no_answer_is_an_error_that_says_so(string answer, string error)
    {
        var thrown = await Assert.ThrowsAsync<IOException>(async () =>
        {
            var (exchange, _) = await ExchangeAsync(answer, int.MaxValue);
            using var reader = new StreamReader(exchange.Body);
            await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        });
        Assert.Contains(error, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_sent_in_chunks()
    {
        var content = new string('#', 100_000);
        var (exchange, request) = await ExchangeAsync(
            "HTTP/1.1 201 Created\r\nX-Name: value\r\n\r\n", int.MaxValue, new RequestBody("text/plain", null, new MemoryStream(Encoding.ASCII.GetBytes(content))));
        Assert.Equal((201, "value"), (exchange.Status, exchange["x-name"]));
        Assert.StartsWith("POST /things HTTP/1.1\r\nHost: insula\r\nAccept: a\r\n", request, StringComparison.Ordinal);
        Assert.Contains("Transfer-Encoding: chunked\r\n\r\n010000\r\n###", request, StringComparison.Ordinal);
        Assert.EndsWith("\r\n0\r\n\r\n", request, StringComparison.Ordinal);
        Assert.Equal(content.Length, request.Count(c => c == '#'));
        exchange.Dispose();
    }

    // A server that reads one request whole, answers with these bytes, so many at a time, and ends the connection.
    private async Task<(HttpExchange Exchange, string Request)> ExchangeAsync(string answer, int step, RequestBody? body = null)
    {
        var path = Path.Combine(_directory, Path.GetRandomFileName());
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path));
        server.Listen();
        var served = Task.Run(() => Serve(server, Encoding.ASCII.GetBytes(answer), step, body is null ? "\r\n\r\n" : "\r\n0\r\n\r\n"));
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        var exchange = HttpExchange.Send(client, body is null ? "GET" : "POST", "/things", [new HttpHeader("Accept", "a")], body, TestContext.Current.CancellationToken);
        return (exchange, await served);
    }

    private static string Serve(Socket server, byte[] answer, int step, string end)
    {
        using var connection = server.Accept();
        var request = new StringBuilder();
        var buffer = new byte[4096];
        while (!request.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var count = connection.Receive(buffer);
            request.Append(Encoding.ASCII.GetString(buffer, 0, count > 0 ? count : throw new IOException("the request has no end")));
        }

        foreach (var piece in answer.Chunk(Math.Min(step, Math.Max(answer.Length, 1))))
        {
            connection.Send(piece);
        }

        return request.ToString();
    }
}

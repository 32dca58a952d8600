using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Insula.Cli.Client;

/// <summary>
/// One request and its answer (HTTP/1.1, RFC 9112) on a connection of its own. A command waits for one answer at a time: it blocks,
/// which starts in a fifth of the time that the framework's client needs to be loaded and compiled.
/// </summary>
internal sealed class HttpExchange : IDisposable
{
    private const int MaxHead = 64 * 1024;

    private readonly NetworkStream _stream;
    private readonly CancellationTokenRegistration _cancelling;

    private HttpExchange(Socket socket, CancellationToken ct)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);

        // Whoever reads or writes then sees the end of the connection.
        _cancelling = ct.Register(static state => End((Socket)state!), socket);
    }

    /// <summary>The answer's status code.</summary>
    public int Status { get; private set; }

    /// <summary>The answer's headers, in their order.</summary>
    public IReadOnlyList<HttpHeader> Headers { get; private set; } = [];

    /// <summary>The answer's body, or after an upgrade (status 101) whatever the connection carries.</summary>
    public Stream Body { get; private set; } = Stream.Null;

    /// <summary>The first header of a name, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var header in Headers)
            {
                if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return header.Value;
                }
            }

            return null;
        }
    }

    /// <summary>Sends a request and reads the head of its answer.</summary>
    /// <param name="socket">A connection; it ends with what is returned.</param>
    /// <param name="method">GET, POST, …</param>
    /// <param name="target">The path and query.</param>
    /// <param name="headers">Headers besides those of host, body and connection.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="ct">Ends the connection, until the exchange is disposed.</param>
    /// <exception cref="IOException">The daemon ended the connection.</exception>
    public static HttpExchange Send(
        Socket socket, string method, string target, IReadOnlyList<HttpHeader> headers, RequestBody? body, CancellationToken ct)
    {
        var exchange = new HttpExchange(socket, ct);
        try
        {
            exchange.WriteHead(method, target, headers, body);
            exchange.WriteBody(body);
            exchange.ReadHead(ct);
            return exchange;
        }
        catch (Exception e)
        {
            exchange.Dispose();
            ct.ThrowIfCancellationRequested();
            throw e is EndOfStreamException ? new IOException("the daemon ended the connection before it answered", e) : e;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cancelling.Dispose();
        _stream.Dispose();
    }

    private static void End(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The daemon has ended it already.
        }
    }

    private void WriteHead(string method, string target, IReadOnlyList<HttpHeader> headers, RequestBody? body)
    {
        var head = new StringBuilder().Append(method).Append(' ').Append(target).Append(" HTTP/1.1\r\nHost: insula\r\n");
        foreach (var header in headers)
        {
            head.Append(header.Name).Append(": ").Append(header.Value).Append("\r\n");
        }

        if (body is not null)
        {
            head.Append("Content-Type: ").Append(body.MediaType).Append("\r\n");
            head.Append(body.Bytes is { } bytes
                ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {bytes.Length}\r\n") : "Transfer-Encoding: chunked\r\n");
        }
        else if (method is not "GET")
        {
            head.Append("Content-Length: 0\r\n");
        }

        _stream.Write(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
    }

    private void WriteBody(RequestBody? body)
    {
        if (body?.Bytes is { } whole)
        {
            _stream.Write(whole);
        }

        if (body?.Stream is not { } source)
        {
            return;
        }

        // The size of a chunk stands before it: room is left for its digits.
        const int Room = 8;
        var chunk = new byte[Room + (64 * 1024) + 2];
        for (int count; (count = source.Read(chunk, Room, chunk.Length - Room - 2)) > 0;)
        {
            var size = string.Create(CultureInfo.InvariantCulture, $"{count:x6}\r\n");
            Encoding.ASCII.GetBytes(size, chunk);
            "\r\n"u8.CopyTo(chunk.AsSpan(Room + count));
            if (!TryWrite(chunk.AsSpan(0, Room + count + 2)))
            {
                return;
            }
        }

        TryWrite("0\r\n\r\n"u8);
    }

    // Who has heard enough answers without reading on: what the answer says is the reason.
    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
            return true;
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.Shutdown or SocketError.ConnectionReset })
        {
            return false;
        }
    }

    private void ReadHead(CancellationToken ct)
    {
        var buffer = new byte[MaxHead];
        var length = 0;
        int end;
        while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var count = length < buffer.Length ? _stream.Read(buffer, length, buffer.Length - length) : 0;
            length += count > 0 ? count : throw new EndOfStreamException();
        }

        var lines = Encoding.Latin1.GetString(buffer, 0, end).Split("\r\n");
        Status = lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && lines[0].Length >= 12
            && int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : throw new IOException($"the answer is not of HTTP/1.1: {lines[0]}");
        var headers = new List<HttpHeader>();
        for (var i = 1; i < lines.Length; i++)
        {
            headers.Add(HttpHeader.Parse(lines[i]));
        }

        Headers = headers;
        var rest = buffer.AsMemory(end + 4, length - end - 4);
        var announced = this["Content-Length"];
        Body = Status is 204 or 304 ? Stream.Null
            : Status is not 101 && string.Equals(this["Transfer-Encoding"], "chunked", StringComparison.OrdinalIgnoreCase)
                ? new HttpBody(_stream, rest, chunked: true, 0, ct)
                : new HttpBody(_stream, rest, chunked: false, announced is null ? long.MaxValue : ReadLength(announced), ct);
    }

    private static long ReadLength(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
        ? length : throw new IOException($"the answer has a length that is no number: {text}");
}

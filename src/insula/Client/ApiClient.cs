using System.Net.Sockets;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Cli.Client;

/// <summary>Speaks to the daemon over its Unix socket; refusals become <see cref="CommandException"/>s.</summary>
internal sealed class ApiClient(string socket)
{
    /// <summary>The media type of Kubernetes' Table output.</summary>
    public const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    public async Task<JsonObject> GetAsync(string path, CancellationToken ct) =>
        await SendAsync("GET", path, null, ct);

    /// <summary>The object at the path, or null when there is none.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken ct)
    {
        try
        {
            return await GetAsync(path, ct);
        }
        catch (CommandException e) when (e.Code == 404)
        {
            return null;
        }
    }

    public async Task<JsonObject> SendAsync(
        string method, string path, RequestBody? body, CancellationToken ct, string? accept = null)
    {
        using var answer = Send(method, path, body, ct, accept);
        using var reader = new StreamReader(answer.Body);
        var text = await reader.ReadToEndAsync(ct);
        try
        {
            return JsonNode.Parse(text) as JsonObject
                ?? throw new CommandException($"{method} {path}: the daemon answered something that is no object");
        }
        catch (JsonException e)
        {
            throw new CommandException($"{method} {path}: the daemon's answer is not JSON: {e.Message}", 1, e);
        }
    }

    /// <summary>Sends and checks the status; the caller reads the body as it arrives and disposes the exchange.</summary>
    public HttpExchange Send(string method, string path, RequestBody? body, CancellationToken ct, string? accept = null) =>
        Send(method, path, accept is null ? [] : [new("Accept", accept)], body, ct);

    /// <summary>A WebSocket at the path; the daemon's refusals are those of any request.</summary>
    public WebSocket OpenWebSocket(string path, string protocol, CancellationToken ct)
    {
        var exchange = Send(
            "GET", path,
            [
                new("Connection", "Upgrade"), new("Upgrade", "websocket"), new("Sec-WebSocket-Version", "13"), new("Sec-WebSocket-Protocol", protocol),
                new("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))),
            ],
            null, ct);
        if (exchange.Status == 101 && exchange["Sec-WebSocket-Protocol"] == protocol)
        {
            return WebSocket.CreateFromStream(exchange.Body, new WebSocketCreationOptions { SubProtocol = protocol, KeepAliveInterval = TimeSpan.FromSeconds(30) });
        }

        exchange.Dispose();
        throw new CommandException($"{path}: the daemon does not speak {protocol}");
    }

    /// <summary>A watch: events until the server ends it or the caller stops.</summary>
    public async IAsyncEnumerable<JsonObject> WatchAsync(
        string path, string? accept, [EnumeratorCancellation] CancellationToken ct)
    {
        using var answer = Send("GET", path, null, ct, accept);
        using var reader = new StreamReader(answer.Body);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            if (line.Length > 0 && JsonNode.Parse(line) is JsonObject change)
            {
                if ((string?)change["type"] == "ERROR")
                {
                    throw Refusal((int?)change["object"]?["code"] ?? 500, change["object"] as JsonObject);
                }

                yield return change;
            }
        }
    }

    public static RequestBody Json(JsonNode body, string mediaType = "application/json") =>
        new(mediaType, Encoding.UTF8.GetBytes(body.ToJsonString()));

    private HttpExchange Send(string method, string path, IReadOnlyList<HttpHeader> headers, RequestBody? body, CancellationToken ct)
    {
        HttpExchange answer;
        try
        {
            answer = HttpExchange.Send(Connect(), method, path, headers, body, ct);
        }
        catch (SocketException e)
        {
            throw Unreachable(e);
        }

        ShowWarnings(answer.Headers);
        if (answer.Status is 101 or (>= 200 and < 300))
        {
            return answer;
        }

        using (answer)
        {
            throw Refusal(answer);
        }
    }

    private Socket Connect()
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // sun_path holds 108 bytes: a longer path is reached through a descriptor of its directory.
            using var directory = Encoding.UTF8.GetByteCount(socket) > 107
                ? LongPath.OpenDirectory(Path.GetDirectoryName(Path.GetFullPath(socket))!)
                : null;
            var path = directory is null ? socket : $"/proc/self/fd/{directory.DangerousGetHandle()}/{Path.GetFileName(socket)}";
            connection.Connect(new UnixDomainSocketEndPoint(path));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private CommandException Unreachable(SocketException e) =>
        e.SocketErrorCode switch
        {
            SocketError.AccessDenied => new CommandException(
                $"{socket}: permission denied; the socket is open to root and its group: use sudo, or join the group", 1, e),
            // By the kernel's word, not by a look afterwards: a daemon that starts just now may have made it since.
            SocketError.AddressNotAvailable => Missing(e),
            SocketError.ConnectionRefused when !File.Exists(socket) => Missing(e),
            SocketError.ConnectionRefused => new CommandException(
                $"{socket}: nobody listens there; insulad has ended, start it again", 1, e),
            _ => new CommandException($"{socket}: {e.Message}", 1, e),
        };

    private CommandException Missing(SocketException e) =>
        new($"{socket}: no such socket; is insulad running? start it, or name its socket in INSULA_SOCKET", 1, e);

    private static void ShowWarnings(IReadOnlyList<HttpHeader> headers)
    {
        foreach (var header in headers)
        {
            if (!header.Name.Equals("Warning", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var warning = header.Value;
            // RFC 7234: 299 - "text"
            var start = warning.IndexOf('"', StringComparison.Ordinal);
            var text = start >= 0 && warning.EndsWith('"') && warning.Length > start + 1
                ? warning[(start + 1)..^1].Replace("\\\"", "\"", StringComparison.Ordinal)
                : warning;
            Console.Error.WriteLine($"Warning: {Output.Printable.Text(text)}");
        }
    }

    private static CommandException Refusal(HttpExchange answer)
    {
        using var reader = new StreamReader(answer.Body);
        var text = reader.ReadToEnd();
        JsonObject? status = null;
        try
        {
            status = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Not a Status: the text itself is the message.
        }

        return Refusal(answer.Status, status, text);
    }

    private static CommandException Refusal(int code, JsonObject? status, string? text = null)
    {
        var reason = (string?)status?["reason"];
        var message = (string?)status?["message"] ?? (string.IsNullOrWhiteSpace(text) ? $"HTTP {code}" : text.Trim());
        return new CommandException(reason is null ? message : $"({reason}) {message}") { Code = code };
    }
}

using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Cli.Client;

/// <summary>Speaks to the daemon over its Unix socket; refusals become <see cref="CommandException"/>s.</summary>
internal sealed class ApiClient : IDisposable
{
    /// <summary>The media type of Kubernetes' Table output.</summary>
    public const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    private readonly string _socket;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;

    public ApiClient(string socket)
    {
        _socket = socket;
        _handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) => await ConnectAsync(ct),
            UseProxy = false,
        };
        _http = new HttpClient(_handler) { BaseAddress = new Uri("http://insula"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>For the WebSocket client, which dials through the same handler.</summary>
    public HttpMessageInvoker Invoker => _http;

    public async Task<JsonObject> GetAsync(string path, CancellationToken ct) =>
        await SendAsync(HttpMethod.Get, path, null, ct);

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
        HttpMethod method, string path, HttpContent? body, CancellationToken ct, string? accept = null)
    {
        using var response = await SendRawAsync(method, path, body, ct, accept);
        var text = await response.Content.ReadAsStringAsync(ct);
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

    /// <summary>Sends and checks the status; the caller reads the body as it arrives and disposes the response.</summary>
    public async Task<HttpResponseMessage> SendRawAsync(
        HttpMethod method, string path, HttpContent? body, CancellationToken ct, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }

        ShowWarnings(response.Headers);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await RefusalAsync(response, ct);
        }
    }

    /// <summary>A watch: events until the server ends it or the caller stops.</summary>
    public async IAsyncEnumerable<JsonObject> WatchAsync(
        string path, string? accept, [EnumeratorCancellation] CancellationToken ct)
    {
        using var response = await SendRawAsync(HttpMethod.Get, path, null, ct, accept);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
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

    public static StringContent Json(JsonNode body, string mediaType = "application/json")
    {
        var content = new StringContent(body.ToJsonString());
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return content;
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private async Task<Stream> ConnectAsync(CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // sun_path holds 108 bytes: a longer path is reached through a descriptor of its directory.
            using var directory = System.Text.Encoding.UTF8.GetByteCount(_socket) > 107
                ? LongPath.OpenDirectory(Path.GetDirectoryName(Path.GetFullPath(_socket))!)
                : null;
            var path = directory is null
                ? _socket
                : $"/proc/self/fd/{directory.DangerousGetHandle()}/{Path.GetFileName(_socket)}";
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private CommandException Unreachable(HttpRequestException e)
    {
        var cause = (e.InnerException as SocketException)?.SocketErrorCode;
        return cause switch
        {
            SocketError.AccessDenied => new CommandException(
                $"{_socket}: permission denied; the socket is open to root and its group: use sudo, or join the group", 1, e),
            // By the kernel's word, not by a look afterwards: a daemon that starts just now may have made it since.
            SocketError.AddressNotAvailable => Missing(e),
            SocketError.ConnectionRefused or null when !File.Exists(_socket) => Missing(e),
            SocketError.ConnectionRefused => new CommandException(
                $"{_socket}: nobody listens there; insulad has ended, or is only starting: start it, or try again", 1, e),
            _ => new CommandException($"{_socket}: {(e.InnerException ?? e).Message}", 1, e),
        };
    }

    private CommandException Missing(HttpRequestException e) =>
        new($"{_socket}: no such socket; is insulad running? start it, or name its socket in INSULA_SOCKET", 1, e);

    private static void ShowWarnings(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues("Warning", out var warnings))
        {
            return;
        }

        foreach (var warning in warnings)
        {
            // RFC 7234: 299 - "text"
            var start = warning.IndexOf('"', StringComparison.Ordinal);
            var text = start >= 0 && warning.EndsWith('"') && warning.Length > start + 1
                ? warning[(start + 1)..^1].Replace("\\\"", "\"", StringComparison.Ordinal)
                : warning;
            Console.Error.WriteLine($"Warning: {Output.Printable.Text(text)}");
        }
    }

    private static async Task<CommandException> RefusalAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        JsonObject? status = null;
        try
        {
            status = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Not a Status: the text itself is the message.
        }

        return Refusal((int)response.StatusCode, status, text);
    }

    private static CommandException Refusal(int code, JsonObject? status, string? text = null)
    {
        var reason = (string?)status?["reason"];
        var message = (string?)status?["message"] ?? (string.IsNullOrWhiteSpace(text) ? $"HTTP {code}" : text.Trim());
        return new CommandException(reason is null ? message : $"({reason}) {message}") { Code = code };
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Insula.SystemTests.Harness;

/// <summary>The daemon's API, as bare HTTP over its Unix socket; each request has a deadline.</summary>
public sealed class ApiClient(string socket, TimeSpan? deadline = null) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, ct) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                // An address holds 108 bytes; a path of any length is reached through its directory.
                using var directory = Insula.Linux.Descriptor.Open(Path.GetDirectoryName(socket)!, Insula.Linux.LibC.fcntl.O_PATH);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint($"{directory.ProcPath}/{Path.GetFileName(socket)}"), ct);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://insula"),
        Timeout = deadline ?? Eventually.Slowness * TimeSpan.FromSeconds(60),
    };

    public HttpClient Http => _http;

    public async Task<(HttpStatusCode Code, JsonNode? Body)> SendAsync(
        HttpMethod method, string path, JsonNode? body = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, contentType);
        }

        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        JsonNode? json = null;
        if (response.Content.Headers.ContentType?.MediaType == "application/json" && text.Length > 0)
        {
            json = JsonNode.Parse(text);
        }

        return (response.StatusCode, json ?? JsonValue.Create(text));
    }

    public async Task<JsonNode> GetAsync(string path)
    {
        var (code, body) = await SendAsync(HttpMethod.Get, path);
        Assert.True(code == HttpStatusCode.OK, $"GET {path}: {(int)code} {body}");
        return body!;
    }

    public async Task<JsonNode?> FindPodAsync(string name, string ns = "default")
    {
        var (code, body) = await SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/pods/{name}");
        return code == HttpStatusCode.OK ? body : null;
    }

    public void Dispose() => _http.Dispose();
}

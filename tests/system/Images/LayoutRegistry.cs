using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Images;

/// <summary>The least that a registry is: gives the test images, each under its own name. Lives as long as the test, whoever dies beside it.</summary>
internal sealed class LayoutRegistry : IAsyncDisposable
{
    private readonly LoopbackHttp _http;

    private LayoutRegistry(LoopbackHttp http) => _http = http;

    public string Name => $"127.0.0.1:{_http.Port}";

    public static async Task<LayoutRegistry> StartAsync(TestNamespace host) => new(await LoopbackHttp.StartAsync(host, ServeAsync));

    /// <summary>The same at the same address, where the network is another one.</summary>
    public async Task<LayoutRegistry> MoveAsync(TestNamespace host)
    {
        await DisposeAsync();
        return new(await LoopbackHttp.StartAsync(host, ServeAsync, _http.Port));
    }

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    // /v2/busybox/manifests/latest, /v2/busybox/blobs/sha256:…
    private static async Task ServeAsync(string head, Stream client)
    {
        var (method, parts) = (head.Split(' ')[0], head.Split(' ')[1].Split('/'));
        var layout = Repository.Image(parts[2]);
        var descriptor = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(layout, "index.json")))!["manifests"]![0]!;
        var isManifest = parts[3] == "manifests";
        var digest = isManifest && !parts[4].StartsWith("sha256:", StringComparison.Ordinal) ? (string)descriptor["digest"]! : parts[4];
        var type = isManifest ? (string)descriptor["mediaType"]! : "application/octet-stream";
        var content = await File.ReadAllBytesAsync(Path.Combine(layout, "blobs", "sha256", digest["sha256:".Length..]));
        await client.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nDocker-Content-Digest: {digest}\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n"));
        await client.WriteAsync(method == "HEAD" ? [] : content);
    }
}

using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Insula.Images;
using Insula.Pods.Images;
using Insula.Network.Services;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http.Extra;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;

namespace Insulad.Tests;

/// <summary>The API on a real Kestrel and a real Unix socket in a temporary directory, with pods that run nothing.</summary>
public sealed class ApiFixture : IAsyncLifetime, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insulad-").FullName;
    private readonly List<IDisposable> _sockets = [];
    private readonly Insulad.Logging.LogOutput _log = new(Console.OpenStandardError());
    private ImageStore? _images;
    private ImageCollector? _collector;
    private WebApplication? _app;

    public HttpClient Client { get; private set; } = null!;

    public HttpClient ReadOnlyClient { get; private set; } = null!;

    public string SocketPath { get; private set; } = "";

    internal string DirectoryPath => _directory;

    internal ObjectStore Store { get; private set; } = null!;

    internal FakePods Pods { get; } = new();

    internal ImageCollector Collector => _collector!;

    public async ValueTask InitializeAsync()
    {
        Store = ObjectStore.Open(new StoreOptions { Directory = _directory, ReserveBytes = 0 }, TimeProvider.System, _ => { });
        await StoreSetup.EnsureBuiltInAsync(Store, CancellationToken.None);
        _images = ImageStore.Open(new ImageOptions { Directory = Path.Combine(_directory, "images") });
        _collector = new ImageCollector(
            _images, Pods.ImagesWanted, new ImageCollectionRules(), () => (1, 1), TimeProvider.System, NullLogger<ImageCollector>.Instance);

        // Longer than a socket address holds.
        var deep = Path.Combine(_directory, new string('d', 100));
        SocketPath = Path.Combine(deep, "insula.sock");
        var options = new DaemonOptions { Root = _directory, Run = _directory, Socket = SocketPath, WatchesPerPeer = 8 };
        var main = ApiSocket.Bind(SocketPath, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP | FilePermissions.S_IWGRP, null);
        var readOnly = ApiSocket.Bind(Path.Combine(_directory, "ro.sock"), FilePermissions.ACCESSPERMS, null);
        _sockets.AddRange([main, readOnly]);
        _app = ApiHost.Build(
            options,
            new ApiParts
            {
                Store = Store,
                Pods = Pods,
                Images = _images,
                Collector = _collector,
                Drivers = [],
                Services = new ServiceAllocator(
                    new ServiceRange(System.Net.IPNetwork.Parse("10.43.0.0/16")), null, PortRange.NodePorts, [],
                    (ns, name) => Store.Get(new ObjectKey("services", ns, name)) is { } stored ? Insula.Api.Json.ApiJson.Read<Insula.Api.Core.Service>(stored.Json.Span) : null),
                Checks = new SystemChecks([]),
                Notifier = new SystemdNotifier(null, null, null),
                Time = TimeProvider.System,
                Sockets = [(main, false), (readOnly, true)],
            },
            logging: new Insulad.Logging.LineLoggerProvider(_log, Insulad.Logging.LineStyle.Plain, TimeProvider.System));
        await _app.StartAsync();
        Client = NewClient(SocketPath);
        ReadOnlyClient = NewClient(Path.Combine(_directory, "ro.sock"));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        ReadOnlyClient.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
        await _collector!.DisposeAsync();
        Dispose();
        await Store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public void Dispose()
    {
        _sockets.ForEach(s => s.Dispose());
        _images?.Dispose();
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    public static HttpMessageInvoker Invoker(string path) => new(Handler(path));

    public async Task<(int Code, JsonObject Body)> SendAsync(HttpMethod method, string path, string? body = null, string type = "application/json", string? accept = null)
    {
        using var response = await RawAsync(method, path, body, type, accept);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    public Task<HttpResponseMessage> RawAsync(HttpMethod method, string path, string? body = null, string type = "application/json", string? accept = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>A namespace of the test's own.</summary>
    public async Task<string> NamespaceAsync()
    {
        var name = "t-" + Guid.NewGuid().ToString("N")[..12];
        var (code, body) = await SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{name}}}"}}""");
        Assert.True(code == 201, body.ToJsonString());
        return name;
    }

    public static string Pod(string name, string extra = "", string labels = "{}") =>
        $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","labels":{{{labels}}}},"spec":{"containers":[{"name":"main","image":"busybox"}]{{{extra}}}}}""";

    private static HttpClient NewClient(string path) => new(Handler(path)) { BaseAddress = new Uri("http://insula"), Timeout = TimeSpan.FromSeconds(30) };

    private static SocketsHttpHandler Handler(string path) => new()
    {
        ConnectCallback = async (_, ct) =>
        {
            // The same way round the length of addresses as the daemon's: through the directory's descriptor.
            using var directory = Insula.Linux.Descriptor.Open(Path.GetDirectoryName(path)!, Insula.Linux.LibC.fcntl.O_PATH);
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{directory.ProcPath}/{Path.GetFileName(path)}"), ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}

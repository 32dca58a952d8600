using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests.Registry;

/// <summary>A registry on the loopback that serves the files of an OCI layout, and does wrong what it is told to do wrong.</summary>
internal sealed class FakeRegistry : IDisposable
{
    public const string Repository = "team/app";
    private const string User = "me";
    private const string Token = "t0ken";

    private readonly HttpListener _registry;
    private readonly HttpListener _storage;
    private readonly ConcurrentDictionary<string, int> _served = new();
    private readonly List<Task> _serving;

    public FakeRegistry(ImageBuilder image)
    {
        Image = image;
        (_registry, Port) = Listen();
        (_storage, StoragePort) = Listen();
        _serving = [ServeAsync(_registry, Registry), ServeAsync(_storage, Storage)];
    }

    public enum SignIn
    {
        None,
        Basic,
        Bearer,
    }

    public ImageBuilder Image { get; set; }

    public int Port { get; }

    public int StoragePort { get; }

    public SignIn Wants { get; set; }

    public string Password { get; set; } = "secret";

    /// <summary>Whether blobs are kept elsewhere.</summary>
    public bool Redirects { get; set; }

    /// <summary>After so many bytes a connection is cut, as often as this says.</summary>
    public (int Bytes, int Times) Cuts { get; set; }

    /// <summary>Whether it can begin in the middle.</summary>
    public bool Resumes { get; set; } = true;

    /// <summary>These are answered with this status first, so many times each.</summary>
    public (int Status, int Times) Refuses { get; set; }

    /// <summary>What begins like this is begun, and never finished.</summary>
    public string? Stalls { get; set; }

    /// <summary>Called when half of a blob is on its way.</summary>
    public Action<string>? Midway { get; set; }

    /// <summary>Changes what is given.</summary>
    public Func<string, byte[], byte[]> Spoils { get; set; } = (_, content) => content;

    /// <summary>What was asked for, with the first byte where that was not 0, and whether somebody signed in.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The queries of the same, and what a header says.</summary>
    public ConcurrentQueue<string> Queries { get; } = new();

    public string Name => $"127.0.0.1:{Port}/{Repository}";

    public void Dispose()
    {
        _registry.Close();
        _storage.Close();
        Task.WaitAll(_serving);
    }

    private static (HttpListener Listener, int Port) Listen()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var listener = new HttpListener { Prefixes = { $"http://127.0.0.1:{port}/" } };
        listener.Start();
        return (listener, port);
    }

    private static async Task ServeAsync(HttpListener listener, Action<HttpListenerContext> serve)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            try
            {
                serve(context);
            }
            catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
            {
                // The client went away.
            }
        }
    }

    private void Registry(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        if (path == "/token")
        {
            Assert.Contains($"scope={Uri.EscapeDataString($"repository:{Repository}:pull")}", context.Request.Url.Query, StringComparison.Ordinal);
            Answer(context, IsBasic(context) ? 200 : 401, Encoding.UTF8.GetBytes($$"""{"token":"{{Token}}"}"""), "application/json");
            return;
        }

        var asked = path.Replace($"/v2/{Repository}/", "", StringComparison.Ordinal);
        if (!IsSignedIn(context))
        {
            context.Response.AddHeader("WWW-Authenticate", Wants == SignIn.Basic ? "Basic realm=\"here\"" : $"Bearer realm=\"http://127.0.0.1:{Port}/token\",service=\"fake\"");
            Answer(context, 401, [], "application/json");
            return;
        }

        if (Refuses.Times > _served.AddOrUpdate($"refused {asked}", 1, (_, n) => n + 1) - 1)
        {
            context.Response.AddHeader("Retry-After", "0");
            Answer(context, Refuses.Status, [], "text/plain");
            return;
        }

        if (Redirects && asked.StartsWith("blobs/", StringComparison.Ordinal))
        {
            context.Response.RedirectLocation = $"http://127.0.0.1:{StoragePort}/{asked}";
            Answer(context, 307, [], "text/plain");
            return;
        }

        Give(context, asked);
    }

    private void Storage(HttpListenerContext context) => Give(context, context.Request.Url!.AbsolutePath[1..]);

    private void Give(HttpListenerContext context, string asked)
    {
        var from = int.Parse((context.Request.Headers["Range"] ?? "bytes=0-")["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
        Queries.Enqueue(context.Request.Url!.Query + context.Request.Headers["X-Mirror"]);
        Asked.Enqueue($"{(context.Request.HttpMethod == "HEAD" ? "HEAD " : "")}{asked}{(from > 0 ? $" from {from}" : "")}{(context.Request.Headers["Authorization"] is null ? "" : " signed in")}");
        var (content, type) = Find(asked);
        if (content is null)
        {
            Answer(context, 404, [], "application/json");
            return;
        }

        if (context.Request.HttpMethod == "HEAD")
        {
            context.Response.AddHeader("Docker-Content-Digest", ImageBuilder.Digest(content));
            context.Response.ContentType = type;
            context.Response.Close();
            return;
        }

        content = Spoils(asked, content);
        if (Stalls is { } stalled && asked.StartsWith(stalled, StringComparison.Ordinal))
        {
            context.Response.ContentType = type;
            context.Response.ContentLength64 = content.Length;
            context.Response.OutputStream.Write(content, 0, 1);
            context.Response.OutputStream.Flush();
            return;
        }

        if (from > 0 && Resumes)
        {
            context.Response.AddHeader("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
            content = content[from..];
        }

        if (asked.StartsWith("blobs/", StringComparison.Ordinal) && content.Length > Cuts.Bytes && Cuts.Times > _served.AddOrUpdate($"cut {asked}", 1, (_, n) => n + 1) - 1)
        {
            context.Response.StatusCode = from > 0 && Resumes ? 206 : 200;
            context.Response.ContentLength64 = content.Length;
            context.Response.OutputStream.Write(content, 0, Cuts.Bytes);
            context.Response.OutputStream.Flush();
            context.Response.Abort();
            return;
        }

        if (Midway is not null && asked.StartsWith("blobs/", StringComparison.Ordinal))
        {
            context.Response.ContentLength64 = content.Length;
            context.Response.OutputStream.Write(content, 0, content.Length / 2);
            context.Response.OutputStream.Flush();
            Midway(asked);
            context.Response.Close(content[(content.Length / 2)..], willBlock: true);
            return;
        }

        Answer(context, from > 0 && Resumes ? 206 : 200, content, type);
    }

    private (byte[]? Content, string Type) Find(string asked)
    {
        var parts = asked.Split('/');
        if (parts[0] == "blobs")
        {
            return (Image.Files.GetValueOrDefault("blobs/sha256/" + parts[1]["sha256:".Length..]), "application/octet-stream");
        }

        // The tag is the layout's first image.
        var index = System.Text.Json.Nodes.JsonNode.Parse(Image.Files["index.json"])!["manifests"]![0]!;
        var digest = parts[1] == "latest" ? (string)index["digest"]! : parts[1];
        var content = digest.StartsWith("sha256:", StringComparison.Ordinal) ? Image.Files.GetValueOrDefault("blobs/sha256/" + digest["sha256:".Length..]) : null;
        return (content, content is null ? "" : (string?)System.Text.Json.Nodes.JsonNode.Parse(content)!["mediaType"] ?? "");
    }

    private bool IsSignedIn(HttpListenerContext context) => Wants switch
    {
        SignIn.Basic => IsBasic(context),
        SignIn.Bearer => context.Request.Headers["Authorization"] == $"Bearer {Token}",
        _ => true,
    };

    private bool IsBasic(HttpListenerContext context) =>
        context.Request.Headers["Authorization"] == $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"))}";

    private static void Answer(HttpListenerContext context, int status, byte[] body, string type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength64 = body.Length;
        context.Response.OutputStream.Write(body);
        context.Response.Close();
    }
}

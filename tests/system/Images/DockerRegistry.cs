using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Images;

/// <summary>Debian's docker-registry on the loopback of an instance's network, with what it serves in a directory of its own.</summary>
internal sealed class DockerRegistry : IAsyncDisposable
{
    public const string User = "me";
    public const string Password = "s3cret";

    // bcrypt of the password, which is what the registry wants in an htpasswd.
    private const string Htpasswd = "me:$2b$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("insula-registry-");
    private readonly Process _process;
    private readonly HttpClient _http;
    private string _chain = "";

    private DockerRegistry(TestNamespace host, int port, bool tls, string authentication)
    {
        Port = port;
        var config = new StringBuilder($$"""
            version: 0.1
            log: {accesslog: {disabled: true}, level: error}
            storage: {filesystem: {rootdirectory: @/data} }
            http:
              addr: 127.0.0.1:{{port}}

            """);
        WriteCertificate();
        if (tls)
        {
            config.Append($"  tls: {{certificate: @/certificate.pem, key: @/key.pem}}\n");
        }

        config.Append(authentication);
        File.WriteAllText(Path.Combine(_directory.FullName, "htpasswd"), Htpasswd);
        File.WriteAllText(Path.Combine(_directory.FullName, "config.yml"), config.ToString().Replace("@", _directory.FullName, StringComparison.Ordinal));
        _process = Process.Start(new ProcessStartInfo(
            "nsenter", [$"--net={host.Path}", Path.Combine(Repository.Out, "registry", "docker-registry"), "serve", Path.Combine(_directory.FullName, "config.yml")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = await host.SocketAsync();
                await socket.ConnectAsync(IPAddress.Loopback, port, ct);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = { RemoteCertificateValidationCallback = (_, served, _, _) => Convert.ToBase64String(served!.GetRawCertData()) == _chain },
        })
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{port}/v2/"),
        };
    }

    /// <summary>Who asks with a token of <see cref="Token"/>, which they get at a place with this port.</summary>
    public static string ByToken(int port) => $"auth: {{token: {{realm: 'http://127.0.0.1:{port}/token', service: tests, issuer: tests, rootcertbundle: @/certificate.pem}}}}\n";

    /// <summary>What the registry takes as its token server's word (docker's token specification): a JWT that its key has signed.</summary>
    public string Token(string repository, params string[] actions)
    {
        static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var access = new JsonObject { ["type"] = "repository", ["name"] = repository, ["actions"] = new JsonArray([.. actions.Select(a => (JsonNode)a)]) };
        var head = new JsonObject { ["typ"] = "JWT", ["alg"] = "ES256", ["x5c"] = new JsonArray(_chain) };
        var claims = new JsonObject
        {
            ["iss"] = "tests",
            ["sub"] = User,
            ["aud"] = "tests",
            ["exp"] = now + 600,
            ["nbf"] = now - 60,
            ["iat"] = now,
            ["jti"] = Guid.NewGuid().ToString(),
            ["access"] = new JsonArray(access),
        };
        var signed = $"{Encode(Encoding.UTF8.GetBytes(head.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(_directory.FullName, "key.pem")));
        return $"{signed}.{Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public int Port { get; }

    public string Name => $"127.0.0.1:{Port}";

    /// <summary>Its certificate, which nobody's system trusts.</summary>
    public string Certificate => Path.Combine(_directory.FullName, "certificate.pem");

    public static async Task<DockerRegistry> StartAsync(TestNamespace host, bool tls = false, string authentication = "")
    {
        using var probe = await host.ListenAsync(IPAddress.Loopback);
        var port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        probe.Dispose();
        var registry = new DockerRegistry(host, port, tls, authentication);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using var answer = await registry._http.GetAsync("");
                    return true;
                }
                catch (HttpRequestException)
                {
                    return registry._process.HasExited ? throw new InvalidOperationException("the registry has ended") : false;
                }
            },
            "the registry answers");
        return registry;
    }

    /// <summary>Who asks with a password that is kept as htpasswd does.</summary>
    public const string ByPassword = "auth: {htpasswd: {realm: here, path: @/htpasswd}}\n";

    /// <summary>Puts an OCI layout's image there.</summary>
    public async Task PushAsync(string layout, string repository, string tag, string? authorization = null)
    {
        byte[] Blob(string digest) => File.ReadAllBytes(Path.Combine(layout, "blobs", "sha256", digest["sha256:".Length..]));
        var descriptor = JsonNode.Parse(File.ReadAllText(Path.Combine(layout, "index.json")))!["manifests"]![0]!;
        var manifest = Blob((string)descriptor["digest"]!);
        var document = JsonNode.Parse(manifest)!;
        foreach (var digest in document["layers"]!.AsArray().Append(document["config"]).Select(b => (string)b!["digest"]!))
        {
            using var begun = await SendAsync(HttpMethod.Post, $"{repository}/blobs/uploads/", null, authorization);
            var place = begun.Headers.Location!.ToString();
            using var done = await SendAsync(
                HttpMethod.Put, $"{place}{(place.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={Uri.EscapeDataString(digest)}", new ByteArrayContent(Blob(digest)), authorization);
        }

        var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new MediaTypeHeaderValue((string)descriptor["mediaType"]!);
        using var put = await SendAsync(HttpMethod.Put, $"{repository}/manifests/{tag}", content, authorization);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, string? authorization)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        var answer = await _http.SendAsync(request);
        return answer.IsSuccessStatusCode ? answer : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=registry", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _chain = Convert.ToBase64String(certificate.RawData);
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory.FullName, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}

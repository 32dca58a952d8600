using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Insula.SystemTests.Probes;

/// <summary>A server of the test's own that listens inside a pod's network namespace, as if it were the container's.</summary>
internal sealed class PodServer : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly Socket _socket;

    private PodServer(WebApplication server, Socket socket)
    {
        _server = server;
        _socket = socket;
    }

    public static async Task<PodServer> StartAsync(Instance insula, JsonNode pod, int port, bool tls, HttpProtocols protocols, RequestDelegate answer)
    {
        using var space = TestNamespace.Open($"/proc/{Processes.MainOf(insula, pod, "main")}/ns/net");
        var socket = await space.SocketAsync();
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(options => options.ListenHandle((ulong)socket.SafeHandle.DangerousGetHandle(), listen =>
        {
            listen.Protocols = protocols;
            if (tls)
            {
                listen.UseHttps(Certificate());
            }
        }));
        var server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        return new PodServer(server, socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _socket.Dispose();
    }

    /// <summary>Signed by nobody and for another name: a probe asks whether somebody answers, not who.</summary>
    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=elsewhere.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Insula.Api.Core;
using Insula.Linux.Sockets;
using Insula.Pods.Probes;

namespace Insula.Pods.Tests.Probes;

/// <summary>The network probers against small servers on loopback.</summary>
public sealed class ProberTests : IDisposable
{
    private readonly SocketLoop _loop = new();
    private readonly PodSockets _sockets;

    public ProberTests() => _sockets = new PodSockets(_loop);

    public void Dispose() => _loop.Dispose();

    [Theory]
    [InlineData("200 OK", true)]
    [InlineData("204 No Content", true)]
    [InlineData("304 Not Modified", true)]
    [InlineData("399 Odd", true)]
    [InlineData("400 Bad Request", false)]
    [InlineData("500 Oops", false)]
    [InlineData("199 Odd", false)]
    public async Task TheStatusDecides(string status, bool ok)
    {
        using var server = new Answering($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        var result = await Http(server, new HttpGetAction { Path = "/healthz?x=1" });
        Assert.Equal(ok, result.Ok);
        if (!ok)
        {
            Assert.Equal($"HTTP probe failed with statuscode: {status[..3]}", result.Message);
        }

        Assert.StartsWith("GET /healthz?x=1 HTTP/1.1\r\n", server.Requests[0]);
        Assert.Contains("User-Agent: kube-probe/", server.Requests[0]);
        Assert.Contains("Connection: close\r\n", server.Requests[0]);
    }

    [Fact]
    public async Task HeadersOfTheManifestReplaceOurs()
    {
        using var server = new Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await Http(server, new HttpGetAction { HttpHeaders = [new HttpHeader { Name = "host", Value = "a.example" }, new HttpHeader { Name = "X-A", Value = "b" }] });
        Assert.Contains("Host: a.example\r\n", server.Requests[0]);
        Assert.Contains("X-A: b\r\n", server.Requests[0]);
    }

    [Fact]
    public async Task ALineBreakInAHeaderIsRefused()
    {
        using var server = new Answering("HTTP/1.1 200 OK\r\n\r\n");
        Assert.False((await Http(server, new HttpGetAction { HttpHeaders = [new HttpHeader { Name = "X", Value = "a\r\nEvil: 1" }] })).Ok);
        Assert.DoesNotContain(server.Requests, r => r.Length > 0);
    }

    [Fact]
    public async Task ARedirectOnTheSameHostIsFollowedOneElsewhereIsNot()
    {
        using var server = new Answering("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
        Assert.False((await Http(server, new HttpGetAction())).Ok);
        Assert.StartsWith("GET /next ", server.Requests[1]);

        using var away = new Answering("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
        Assert.True((await Http(away, new HttpGetAction())).Ok);
    }

    [Fact]
    public async Task EndlessRedirectsEnd()
    {
        using var server = new Answering(Enumerable.Repeat("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", 20).ToArray());
        var result = await Http(server, new HttpGetAction());
        Assert.False(result.Ok);
        Assert.Contains("10 redirects", result.Message);
    }

    [Fact]
    public async Task AHugeBodyIsNotReadToItsEnd()
    {
        using var server = new Answering("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + new string('x', 20_000));
        Assert.True((await Http(server, new HttpGetAction())).Ok);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    public async Task AnAnswerThatBreaksOffOrIsNoHttpFails(string answer)
    {
        using var server = new Answering(answer);
        Assert.False((await Http(server, new HttpGetAction())).Ok);
    }

    [Fact]
    public async Task NobodyListeningIsRefused()
    {
        var target = new ProbeTarget(null, "127.0.0.1", FreePort());
        Assert.Contains("connection refused", (await TcpProber.ProbeAsync(_sockets, target, CancellationToken.None)).Message);
        Assert.Contains("connection refused", (await new HttpProber(_sockets).ProbeAsync(target, new HttpGetAction(), CancellationToken.None)).Message);
        Assert.Contains("connection refused", (await new GrpcProber(_sockets).ProbeAsync(target, null, CancellationToken.None)).Message);
    }

    [Fact]
    public async Task AnOpenPortIsASuccessForTcp()
    {
        using var server = new Answering("x");
        Assert.True((await TcpProber.ProbeAsync(_sockets, server.Target, CancellationToken.None)).Ok);
    }

    [Fact]
    public async Task AServerThatSaysNothingTimesOut()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var result = await new HttpProber(_sockets).ProbeAsync(
            new ProbeTarget(null, "127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port), new HttpGetAction(), timeout.Token);
        Assert.Contains("deadline exceeded", result.Message);
    }

    [Fact]
    public async Task TheCertificateOfAServerMakesUsAskNobody()
    {
        using var issuer = new TcpListener(IPAddress.Loopback, 0);
        issuer.Start();
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=pod", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([], [$"http://127.0.0.1:{((IPEndPoint)issuer.LocalEndpoint).Port}/ca.crt"]));
        using var authority = RSA.Create(2048);
        using var certificate = request.Create(
            new X500DistinguishedName("CN=unknown"), X509SignatureGenerator.CreateForRSA(authority, RSASignaturePadding.Pkcs1),
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1]).CopyWithPrivateKey(key);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            await using var stream = new SslStream(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true));
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true), // it is not the server that shall ask
            });
            await stream.ReadAtLeastAsync(new byte[4096], 1);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        });
        var target = new ProbeTarget(null, "127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var result = await new HttpProber(_sockets).ProbeAsync(target, new HttpGetAction { Scheme = "HTTPS" }, enough.Token);
        await serving;
        Assert.True(result.Ok, result.Message);
        Assert.False(issuer.Pending());
    }

    [Theory]
    [InlineData("", "0000000000")]
    [InlineData("ab", "00000000040A026162")]
    public void TheGrpcRequestIsEncodedByHand(string service, string hex) => Assert.Equal(hex, Convert.ToHexString(GrpcProber.Frame(service)));

    [Theory]
    [InlineData("00000000020801", 1)]
    [InlineData("00000000020802", 2)]
    [InlineData("0000000000", 0)]
    [InlineData("0100000000", null)]
    [InlineData("00000000030801", null)]
    [InlineData("", null)]
    public void TheGrpcAnswerIsDecodedByHand(string hex, int? status) => Assert.Equal(status, GrpcProber.Status(Convert.FromHexString(hex)));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<ProbeResult> Http(Answering server, HttpGetAction action) =>
        new HttpProber(_sockets).ProbeAsync(server.Target, action, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

    /// <summary>Gives each connection the next of the prepared answers, then closes.</summary>
    private sealed class Answering : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Answering(params string[] answers)
        {
            _listener.Start();
            _ = ServeAsync(answers);
        }

        public List<string> Requests { get; } = [];

        public ProbeTarget Target => new(null, "127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string[] answers)
        {
            foreach (var answer in answers)
            {
                try
                {
                    using var client = await _listener.AcceptSocketAsync();
                    var buffer = new byte[8192];
                    var count = await client.ReceiveAsync(buffer);
                    Requests.Add(Encoding.Latin1.GetString(buffer, 0, count));
                    await client.SendAsync(Encoding.Latin1.GetBytes(answer));
                    client.Shutdown(SocketShutdown.Send);
                    await client.ReceiveAsync(buffer);
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.OperationAborted or SocketError.Shutdown)
                {
                    // The prober closes hard, as it should.
                    continue;
                }
            }
        }
    }
}

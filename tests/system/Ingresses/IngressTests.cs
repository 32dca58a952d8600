using System.Text;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Insula.SystemTests.Workloads;

namespace Insula.SystemTests.Ingresses;

/// <summary>Ingresses of the real daemon, served by the machine's HAProxy, asked from the rest of the world.</summary>
public sealed class IngressTests(OutsideFixture fixture) : IClassFixture<OutsideFixture>
{
    private readonly Instance _insula = fixture.Instance;
    private readonly Doors _doors = new(fixture.Instance, fixture.Outside);

    [Fact]
    public async Task Hosts_and_paths_lead_to_their_Services()
    {
        await using var echo = await EchoServer.StartAsync(fixture.Outside, 9101);
        foreach (var name in (string[])["one", "two", "three", "rest"])
        {
            await _doors.ServiceOutsideAsync(name, 9101);
        }

        // Which backend it was is known by the headers that only one of them has a setting for: the size of the body it takes.
        await _insula.ApplyAsync(Doors.Ingress("exact", [("a.example", ["Exact /x one:80", "Prefix /x two:80", "Prefix /x/y three:80"]), ("*.b.example", ["Prefix / one:80"])]));
        await _insula.ApplyAsync(Doors.Ingress("standard", [("c.example", ["Prefix /only one:80"])], new { defaultBackend = Doors.Backend("rest:80") }));
        var (port, _) = await _doors.ServedAsync("exact");
        await _doors.ServedAsync("standard");
        foreach (var (host, path, expected) in new[]
        {
            ("a.example", "/x", "200"), ("a.example", "/x/", "200"), ("a.example", "/x/y/z", "200"), ("a.example", "/xy", "404"), ("a.example", "/", "404"),
            ("z.b.example", "/any", "200"), ("y.z.b.example", "/any", "404"), ("b.example", "/any", "404"), ("c.example", "/only", "200"), ("c.example", "/other", "200"), ("d.example", "/", "404"),
        })
        {
            Assert.StartsWith(expected, await _doors.AskAsync(host, port, path), StringComparison.Ordinal);
        }

        // Letter case and the port of a host do not matter; whose address it is, only the proxy says.
        var answer = await _doors.AskAsync("A.Example", port, "/x?q=1", "-H", "Host: A.Example:8080", "-H", "X-Forwarded-For: 203.0.113.7", "-H", "X-Real-IP: 203.0.113.7", "-H", "X-Forwarded-Proto: https", "-H", "Forwarded: for=203.0.113.7");
        Assert.StartsWith("200 GET /x?q=1 HTTP/1.1\r\n", answer, StringComparison.Ordinal);
        Assert.Contains($"x-forwarded-for: {OutsideFixture.OutsideAddress}\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("x-forwarded-proto: http\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("203.0.113.7", answer, StringComparison.Ordinal);

        // Who comes by IPv6 is known by that, too.
        var six = await fixture.Outside.ShAsync($"curl -sS --noproxy '*' --max-time 20 -H 'Host: a.example' 'http://[2001:db8::1]:{port}/x'");
        Assert.Contains("x-forwarded-for: 2001:db8::2\r\n", six, StringComparison.OrdinalIgnoreCase);

        // Its own health, for whoever asks the pod.
        var pod = Assert.Single(await _doors.PodsAsync());
        Assert.Equal("ok", await Web.FetchAsync(fixture.Host.Path, $"http://{Pods.Address(pod)}:8404/healthz"));
        var described = (await _insula.CliAsync("describe", "ingress", "exact")).Succeeded();
        Assert.Contains($"one:80 ({OutsideFixture.OutsideAddress}:9101)", described, StringComparison.Ordinal);
        Assert.Contains("a.example,*.b.example", (await _insula.CliAsync("get", "ingress")).Succeeded(), StringComparison.Ordinal);
        await RemoveAsync("exact", "standard");
        await RemoveServicesAsync("one", "two", "three", "rest");
    }

    [Fact]
    public async Task The_right_backend_is_the_most_specific_and_of_two_Ingresses_the_older_s()
    {
        await using var first = await Services.NamedServer.StartAsync(fixture.Outside, "x", 9110);
        await _insula.ApplyAsync(Loads.Deployment("one", 1, Loads.Server("one"), container: Loads.Serving));
        await _insula.ApplyAsync(Loads.Deployment("two", 1, Loads.Server("two"), container: Loads.Serving));
        foreach (var name in (string[])["one", "two"])
        {
            (await _insula.CliAsync("expose", "deployment", name, "--port", "80", "--target-port", "http")).Succeeded();
            await Loads.WaitForPodsAsync(_insula, name, 1);
        }

        await _insula.ApplyAsync(Doors.Ingress("old", [("a.example", ["Exact / one:80", "Prefix / two:80"]), ("b.example", ["Prefix / one:80"]), ("*.example", ["Prefix / two:80"])]));
        var (port, _) = await _doors.ServedAsync("old");
        await Task.Delay(TimeSpan.FromSeconds(1.1)); // ages are of whole seconds
        await _insula.ApplyAsync(Doors.Ingress("young", [("a.example", ["Prefix / one:80"]), ("c.example", ["Prefix / one:80"])]));
        await _doors.ServedAsync("young");
        Assert.EndsWith(" one\n", await _doors.AskAsync("a.example", port), StringComparison.Ordinal);
        Assert.EndsWith(" two\n", await _doors.AskAsync("a.example", port, "/index.html"), StringComparison.Ordinal);
        Assert.EndsWith(" one\n", await _doors.AskAsync("b.example", port), StringComparison.Ordinal);
        Assert.EndsWith(" one\n", await _doors.AskAsync("c.example", port), StringComparison.Ordinal);
        Assert.EndsWith(" two\n", await _doors.AskAsync("d.example", port), StringComparison.Ordinal);
        Assert.Contains("a.example/ is served for the Ingress default/old, which is older", (await _insula.CliAsync("describe", "ingress", "young")).Succeeded(), StringComparison.Ordinal);

        // When it goes, the next one has it.
        await RemoveAsync("old");
        await Eventually.TrueAsync(async () => (await _doors.AskAsync("a.example", port, "/index.html")).EndsWith(" one\n", StringComparison.Ordinal), "the younger one is served");
        Assert.StartsWith("404", await _doors.AskAsync("d.example", port), StringComparison.Ordinal);

        // No pod, no answer but 503.
        await Loads.DeleteAsync(_insula, "deployment", "one");
        await Eventually.TrueAsync(async () => (await _doors.AskAsync("c.example", port)).StartsWith("503", StringComparison.Ordinal), "nobody is there");
        await RemoveAsync("young");
        await Loads.DeleteAsync(_insula, "deployment", "two");
        await RemoveServicesAsync("one", "two");
    }

    [Fact]
    public async Task Certificates_are_chosen_by_name_and_taken_up_when_they_change()
    {
        await using var echo = await EchoServer.StartAsync(fixture.Outside, 9102);
        await _doors.ServiceOutsideAsync("secure", 9102);
        var one = await _doors.CertificateAsync("one", "a.example");
        var two = await _doors.CertificateAsync("two", "*.b.example");
        await _doors.SecretAsync("bad", "nonsense", "nonsense");
        await _insula.ApplyAsync(Doors.Ingress(
            "secure", [("a.example", ["Prefix / secure:80"]), ("x.b.example", ["Prefix / secure:80"]), ("c.example", ["Prefix / secure:80"])],
            new { tls = new object[] { new { hosts = new[] { "a.example" }, secretName = "one" }, new { hosts = new[] { "*.b.example" }, secretName = "two" }, new { hosts = new[] { "c.example" }, secretName = "bad" }, new { hosts = new[] { "d.example" }, secretName = "none" } } }));
        var (http, https) = await _doors.ServedAsync("secure");
        var answer = await _doors.AskAsync("a.example", https, "/", "--cacert", one);
        Assert.StartsWith("200", answer, StringComparison.Ordinal);
        Assert.Contains("x-forwarded-proto: https\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("200", await _doors.AskAsync("x.b.example", https, "/", "--cacert", two), StringComparison.Ordinal);
        Assert.Equal("2", (await _doors.AskAsync("a.example", https, "/", "--cacert", one, "--http2", "-o", "/dev/null", "-w", "%{http_version}\n200")).Split(' ')[1]);

        // Not by another's, not without a name, and not one that is none; without TLS all the same.
        Assert.StartsWith("failed: ", await _doors.AskAsync("a.example", https, "/", "--cacert", two), StringComparison.Ordinal);
        Assert.StartsWith("failed: ", await _doors.AskAsync("c.example", https, "/", "--cacert", one, "-k"), StringComparison.Ordinal);
        Assert.StartsWith("200", await _doors.AskAsync("c.example", http), StringComparison.Ordinal);
        var described = (await _insula.CliAsync("describe", "ingress", "secure")).Succeeded();
        Assert.Contains("the Secret bad is not used", described, StringComparison.Ordinal);
        Assert.Contains("the Secret none is not used: there is none", described, StringComparison.Ordinal);

        // The key is in memory alone, and for HAProxy alone to read.
        var master = Processes.MainOf(_insula, Assert.Single(await _doors.PodsAsync()), "haproxy");
        var mount = (await File.ReadAllLinesAsync($"/proc/{master}/mountinfo")).Single(l => l.Split(' ')[4] == "/config");
        Assert.Contains(" - tmpfs ", mount, StringComparison.Ordinal);

        await using var clients = new ClosedLoop(fixture.Outside, Doors.At(http), "a.example");
        var next = await _doors.CertificateAsync("one", "a.example");
        await Eventually.TrueAsync(async () => (await _doors.AskAsync("a.example", https, "/", "--cacert", next)).StartsWith("200", StringComparison.Ordinal), "the next certificate is served");
        Assert.StartsWith("failed: ", await _doors.AskAsync("a.example", https, "/", "--cacert", one), StringComparison.Ordinal);
        Assert.Empty(await clients.EndAsync());

        // The one that was missing comes.
        var third = await _doors.CertificateAsync("none", "d.example");
        await Eventually.TrueAsync(async () => (await _doors.AskAsync("d.example", https, "/", "--cacert", third)).StartsWith("404", StringComparison.Ordinal), "the third certificate is served");
        await RemoveAsync("secure");
        await RemoveServicesAsync("secure");
    }

    [Fact]
    public async Task WebSockets_and_gRPC_pass()
    {
        await using var echo = await EchoServer.StartAsync(fixture.Outside, 9103);
        await _doors.ServiceOutsideAsync("sockets", 9103);
        await _doors.ServiceOutsideAsync("calls", 9103, "grpc");
        var certificate = await _doors.CertificateAsync("calls", "g.example");
        await _insula.ApplyAsync(Doors.Ingress("streams", [("w.example", ["Prefix / sockets:80"]), ("g.example", ["Prefix / calls:80"])], new { tls = new[] { new { hosts = new[] { "g.example" }, secretName = "calls" } } }));
        var (http, https) = await _doors.ServedAsync("streams");
        using (var socket = (await fixture.Outside.TryConnectAsync(Doors.At(http), TimeSpan.FromSeconds(5)))!)
        {
            await socket.SendAsync("GET /chat HTTP/1.1\r\nHost: w.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8.ToArray());
            Assert.StartsWith("HTTP/1.1 101 ", await ReadAsync(socket, "\r\n\r\n"), StringComparison.Ordinal);
            for (var i = 0; i < 3; i++)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes($"message {i}\n"));
                Assert.Equal($"message {i}\n", await ReadAsync(socket, "\n"));
            }

            // Another configuration is no end to it.
            await _insula.ApplyAsync(Doors.Ingress("more", [("m.example", ["Prefix / sockets:80"])]));
            await _doors.ServedAsync("more");
            await socket.SendAsync("after\n"u8.ToArray());
            Assert.Equal("after\n", await ReadAsync(socket, "\n"));
        }

        var answer = await _doors.AskAsync("g.example", https, "/call", "--cacert", certificate, "--http2", "-i", "--data-binary", "call");
        Assert.Contains("over HTTP/2\n", answer, StringComparison.Ordinal);
        Assert.Contains("grpc-status: 0", answer, StringComparison.Ordinal);
        Assert.Contains("over HTTP/2\n", await _doors.AskAsync("g.example", http, "/call", "--http2-prior-knowledge", "--data-binary", "call"), StringComparison.Ordinal);
        await RemoveAsync("streams", "more");
        await RemoveServicesAsync("sockets", "calls");
    }

    [Fact]
    public async Task Limits_are_kept_to()
    {
        await using var echo = await EchoServer.StartAsync(fixture.Outside, 9104);
        await _doors.ServiceOutsideAsync("limited", 9104);
        await _doors.ServiceOutsideAsync("silent", 9199);
        await _insula.ApplyAsync(Doors.Ingress("rate", [("r.example", ["Prefix / limited:80"])], annotations: new Dictionary<string, string> { ["ingress.insula.dev/requests-per-second"] = "3" }));
        await _insula.ApplyAsync(Doors.Ingress("size", [("s.example", ["Prefix / limited:80"])], annotations: new Dictionary<string, string> { ["ingress.insula.dev/max-body-size"] = "1Ki" }));
        await _insula.ApplyAsync(Doors.Ingress("https", [("h.example", ["Prefix / limited:80"])], annotations: new Dictionary<string, string> { ["ingress.insula.dev/https-redirect"] = "true" }));
        var (port, _) = await _doors.ServedAsync("rate");
        await _doors.ServedAsync("size");
        await _doors.ServedAsync("https");
        var answers = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            answers.Add((await _doors.AskAsync("r.example", port))[..3]);
        }

        Assert.Contains("200", answers);
        Assert.Contains("429", answers);
        Assert.StartsWith("413", await _doors.AskAsync("s.example", port, "/", "--data-binary", new string('x', 2000)), StringComparison.Ordinal);
        Assert.StartsWith("411", await _doors.AskAsync("s.example", port, "/", "-H", "Transfer-Encoding: chunked", "--data-binary", new string('x', 2000)), StringComparison.Ordinal);
        Assert.StartsWith("200", await _doors.AskAsync("s.example", port), StringComparison.Ordinal);
        var redirected = await _doors.AskAsync("h.example", port, "/x?y=z", "-i");
        Assert.StartsWith("308", redirected, StringComparison.Ordinal);
        Assert.Contains("location: https://h.example/x?y=z\r\n", redirected, StringComparison.OrdinalIgnoreCase);
        await RemoveAsync("rate", "size", "https");
        await RemoveServicesAsync("limited", "silent");
    }

    [Fact]
    public async Task A_policy_that_allows_only_the_proxy_works()
    {
        await _insula.ApplyAsync(Loads.Deployment("closed", 1, Loads.Server("closed"), container: Loads.Serving));
        (await _insula.CliAsync("expose", "deployment", "closed", "--port", "80", "--target-port", "http")).Succeeded();
        await _insula.ApplyAsync(
            """
            {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"only"},"spec":{"podSelector":{"matchLabels":{"app":"closed"}},"ingress":[{"from":[
              {"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"insula-system"}},"podSelector":{"matchLabels":{"app.kubernetes.io/name":"insula-ingress"}}}]}]}}
            """);
        await _insula.ApplyAsync(Doors.Ingress("closed", [("a.example", ["Prefix / closed:80"])]));
        var (port, _) = await _doors.ServedAsync("closed");
        var pod = Assert.Single(await Loads.WaitForPodsAsync(_insula, "closed", 1));
        await Eventually.TrueAsync(async () => (await _doors.AskAsync("a.example", port)).EndsWith(" closed\n", StringComparison.Ordinal), "the proxy comes through");
        Assert.Null(await fixture.Outside.TryConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(Pods.Address(pod)), 8080), TimeSpan.FromSeconds(1)));
        await RemoveAsync("closed");
        (await _insula.CliAsync("delete", "networkpolicy", "only")).Succeeded();
        await Loads.DeleteAsync(_insula, "deployment", "closed");
        await RemoveServicesAsync("closed");
    }

    private static async Task<string> ReadAsync(System.Net.Sockets.Socket socket, string until)
    {
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        var text = "";
        var bytes = new byte[1000];
        while (!text.EndsWith(until, StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(bytes, limit.Token);
            Assert.True(count > 0, $"the connection ended after: {text}");
            text += Encoding.ASCII.GetString(bytes, 0, count);
        }

        return text;
    }

    private async Task RemoveAsync(params string[] ingresses) => (await _insula.CliAsync(["delete", "ingress", .. ingresses])).Succeeded();

    private async Task RemoveServicesAsync(params string[] services)
    {
        (await _insula.CliAsync(["delete", "service", .. services])).Succeeded();
        await _insula.CliAsync(["delete", "endpoints", "--ignore-not-found", .. services]);
    }
}

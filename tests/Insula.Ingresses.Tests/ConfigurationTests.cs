using System.Diagnostics;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Ingresses.Configuration;

namespace Insula.Ingresses.Tests;

public sealed class ConfigurationTests
{
    private const string Web = """{"ports":[{"port":80,"targetPort":8080}]}""";
    private const string Default = """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}""";

    // All that a line of the configuration may begin with.
    private static readonly HashSet<string> s_words =
    [
        "global", "defaults", "frontend", "backend", "description", "log", "nbthread", "maxconn", "no", "hard-stop-after", "mworker-max-reloads", "tune.ssl.default-dh-param",
        "ssl-default-bind-options", "mode", "option", "retries", "timeout", "bind", "http-request", "use_backend", "default_backend", "balance", "hash-type", "retry-on", "stick-table", "default-server", "server",
    ];

    [Fact]
    public void The_maps_say_where_requests_go()
    {
        var files = new World().Service("web", Web, "10.1.0.1").Ingress("web", """
            {"rules":[{"host":"a.example","http":{"paths":[{"path":"/x","pathType":"Exact","backend":{"service":{"name":"web","port":{"number":80}}}},{"path":"/x","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}},
            {"host":"*.b.example","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}],"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}
            """).Files.Files;
        Assert.Equal("*.b.example *.b.example\na.example a.example\n", files["hosts.map"]);
        Assert.Equal("a.example/x default:web:80\n", files["exact.map"]);
        Assert.Equal("*.b.example/ default:web:80\na.example/ default:web:80\na.example/x/ default:web:80\n", files["prefix.map"]);
        Assert.Contains("\nbackend default:web:80\n", files["haproxy.cfg"], StringComparison.Ordinal);
        Assert.Contains("  server s1 ipv4@10.1.0.1:8080\n  server s2 0.0.0.0:1 disabled\n", files["haproxy.cfg"], StringComparison.Ordinal);
        Assert.DoesNotContain("ssl strict-sni", files["haproxy.cfg"], StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_that_come_and_go_make_no_other_configuration_and_all_else_does()
    {
        var one = new World().Service("web", Web, "10.1.0.1").Ingress("web", Default).Files;
        var two = new World().Service("web", Web, "10.1.0.2", "10.1.0.3").Ingress("web", Default).Files;
        Assert.Equal(one.Digest, two.Digest);
        Assert.NotEqual(one.Files["haproxy.cfg"], two.Files["haproxy.cfg"]);
        Assert.Contains($"description {one.Digest}\n", one.Files["haproxy.cfg"], StringComparison.Ordinal);
        Assert.NotEqual(one.Digest, new World().Service("web", Web, "10.1.0.1").Ingress("web", Default, """{"ingress.insula.dev/response-timeout":"5m"}""").Files.Digest);
        Assert.NotEqual(one.Digest, new World().Service("web", """{"ports":[{"port":80,"appProtocol":"grpc"}]}""", "10.1.0.1").Ingress("web", Default).Files.Digest);
    }

    [Fact]
    public void Settings_are_in_their_backend()
    {
        var text = new World().Service("web", """{"ports":[{"port":80,"appProtocol":"grpc"}],"sessionAffinity":"ClientIP"}""").Ingress("web", Default, """
            {"ingress.insula.dev/connect-timeout":"2s","ingress.insula.dev/response-timeout":"3m","ingress.insula.dev/tunnel-timeout":"2h","ingress.insula.dev/max-body-size":"1Ki","ingress.insula.dev/requests-per-second":"7","ingress.insula.dev/https-redirect":"true"}
            """).Files.Files["haproxy.cfg"];
        var section = text[text.IndexOf("\nbackend default:web:80", StringComparison.Ordinal)..];
        foreach (var expected in (string[])
        [
            "balance source", "timeout connect 2s", "timeout server 180s", "timeout tunnel 7200s", "deny_status 413 if { req.body_size gt 1024 }", "deny_status 429 if { sc_http_req_rate(0) gt 7 }",
            "redirect scheme https code 308 if !{ ssl_fc }", "default-server proto h2",
        ])
        {
            Assert.Contains(expected, section, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Certificates_are_listed_with_their_hosts()
    {
        var (certificate, key) = World.Certificate();
        var files = new World().Service("web", Web).Secret("s", certificate, key)
            .Ingress("web", """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"tls":[{"hosts":["a.example","*.b.example"],"secretName":"s"}]}""").Files.Files;
        Assert.Matches(@"^/config/c[0-9a-f]{16}\.pem \*\.b\.example a\.example\n$", files["certificates.list"]);
        Assert.Contains("bind :8443 ssl strict-sni crt-list /config/certificates.list alpn h2,http/1.1\n", files["haproxy.cfg"], StringComparison.Ordinal);
        Assert.Single(files.Keys, k => k.EndsWith(".pem", StringComparison.Ordinal));
    }

    [Fact]
    public void It_listens_at_IPv6_addresses_where_its_pod_has_one()
    {
        var model = new World().Service("web", Web, "10.1.0.1").Ingress("web", Rule("a.example", "/", "web")).Model;
        Assert.DoesNotContain("[::]", ConfigurationWriter.Write(model, World.Settings, _ => 4).Files[ProxyFiles.Main], StringComparison.Ordinal);
        Assert.Contains("  bind :8080\n  bind [::]:8080 v6only\n", ConfigurationWriter.Write(model, World.Settings with { HasV6 = true }, _ => 4).Files[ProxyFiles.Main], StringComparison.Ordinal);
    }

    /// <summary>HAProxy itself, which is what it is written for, takes it with all there may be in it.</summary>
    [Fact]
    public async Task HAProxy_takes_it()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var (certificate, key) = World.Certificate("a.example");
            var model = new World().Secret("s", certificate, key).Service("web", Web, "10.1.0.1", "10.1.0.2").Service("calls", """{"ports":[{"port":80,"appProtocol":"grpc"}],"sessionAffinity":"ClientIP"}""").Service("tls", """{"ports":[{"port":80,"appProtocol":"https"}]}""")
                .Ingress("web", Rule("*.example", "/a", "web", "Exact"), """
                    {"ingress.insula.dev/connect-timeout":"2s","ingress.insula.dev/response-timeout":"3m","ingress.insula.dev/tunnel-timeout":"2h","ingress.insula.dev/max-body-size":"1Ki","ingress.insula.dev/requests-per-second":"7","ingress.insula.dev/https-redirect":"true"}
                    """)
                .Ingress("calls", Rule("a.example", "/", "calls")).Ingress("tls", Rule("b.example", "/", "tls")).Ingress("secure", """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"tls":[{"hosts":["a.example","*.b.example"],"secretName":"s"}]}""").Model;
            foreach (var (name, text) in ConfigurationWriter.Write(model, World.Settings with { Directory = directory.FullName, HasV6 = true }, _ => 4).Files)
            {
                await File.WriteAllTextAsync(Path.Combine(directory.FullName, name), text);
            }

            using var haproxy = Process.Start(new ProcessStartInfo("/usr/sbin/haproxy", ["-c", "-W", "-f", Path.Combine(directory.FullName, ProxyFiles.Main)]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var said = await haproxy.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await haproxy.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(haproxy.ExitCode == 0 && !said.Contains("WARNING", StringComparison.Ordinal), said);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Whatever a user writes, and however it came past the validation of the API: no word of it is HAProxy's.</summary>
    [Fact]
    public void Nothing_that_a_user_writes_becomes_configuration()
    {
        string[] hostile = ["\n", "\r\n", " ", "\t", "\0", "#", "\"", "'", "\\", "%[env(PATH)]", "${HOME}", "}", "{", "evil", "  server evil 127.0.0.1:9", "\nbackend evil\n  server evil 127.0.0.1:1", "a.example evil", "/", "//", "..", "%2f", "%00", "é", "*", "*.", "_", "-", "A", "\u202e"];
        var text = Gen.Elements(hostile).ArrayOf().Select(parts => string.Concat(parts)).Where(t => t.Length < 100);
        var words = Gen.Two(Gen.Two(text));
        Prop.ForAll(Arb.From(words), given =>
        {
            var ((host, path), (service, value)) = given;
            foreach (var annotation in (string[])["response-timeout", "max-body-size", "requests-per-second", "https-redirect"])
            {
                var world = new World().Service("web", Web, "10.1.0.1").Service(service, $$"""{"ports":[{"port":80,"name":{{JsonValue.Create(value)!.ToJsonString()}}}]}""", value)
                    .Ingress("good", Default)
                    .Ingress("host", Rule(host, "/", "web")).Ingress("path", Rule("a.example", "/" + path, "web")).Ingress("bare", Rule("a.example", path, "web", "ImplementationSpecific")).Ingress("service", Rule("b.example", "/", service))
                    .Ingress("port", new JsonObject { ["defaultBackend"] = new JsonObject { ["service"] = new JsonObject { ["name"] = "web", ["port"] = new JsonObject { ["name"] = value } } } }.ToJsonString())
                    .Ingress("tls", new JsonObject { ["defaultBackend"] = JsonNode.Parse(Default)!["defaultBackend"]!.DeepClone(), ["tls"] = new JsonArray(new JsonObject { ["secretName"] = value, ["hosts"] = new JsonArray(host) }) }.ToJsonString())
                    .Ingress("settings", Rule("c.example", "/", "web"), new JsonObject { ["ingress.insula.dev/" + annotation] = value }.ToJsonString());
                Check(world.Files);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_has_no_form_throws_instead_of_being_written()
    {
        var model = new World().Service("web", Web).Ingress("web", Rule("a.example", "/", "web")).Model;
        foreach (var routes in new[]
            { model.Routes[0] with { Host = "a b" }, model.Routes[0] with { Path = "/a\n" }, model.Routes[0] with { Backend = "x y" } })
        {
            Assert.Throws<InvalidOperationException>(() => ConfigurationWriter.Write(model with { Routes = [routes] }, World.Settings, _ => 4));
        }

        Assert.Throws<InvalidOperationException>(() => ConfigurationWriter.Write(model with { Backends = [model.Backends[0] with { Name = "x\ny" }] }, World.Settings, _ => 4));
    }

    private static string Rule(string host, string path, string service, string type = "Prefix") => new JsonObject
    {
        ["rules"] = new JsonArray(new JsonObject
        {
            ["host"] = host,
            ["http"] = new JsonObject
            {
                ["paths"] = new JsonArray(new JsonObject
                {
                    ["path"] = path,
                    ["pathType"] = type,
                    ["backend"] = new JsonObject { ["service"] = new JsonObject { ["name"] = service, ["port"] = new JsonObject { ["number"] = 80 } } },
                }),
            },
        }),
    }.ToJsonString();

    private static void Check(ProxyFiles files)
    {
        foreach (var (name, text) in files.Files.Where(f => !f.Key.EndsWith(".pem", StringComparison.Ordinal)))
        {
            Assert.All(text, c => Assert.True(c is '\n' or (>= ' ' and <= '~'), $"{name} has {(int)c}"));
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (name == ProxyFiles.Main)
                {
                    Assert.Contains(line.Trim().Split(' ')[0], s_words);
                    Assert.DoesNotContain("evil", line.StartsWith("backend ", StringComparison.Ordinal) ? "" : line, StringComparison.Ordinal);
                }
                else
                {
                    Assert.Equal(2, line.Split(' ').Length);
                }
            }
        }
    }
}

using System.Text.Json.Nodes;
using Insula.Ingresses.Model;

namespace Insula.Ingresses.Tests;

public sealed class ModelTests
{
    private const string Web = """{"type":"ClusterIP","clusterIP":"10.0.0.1","ports":[{"name":"http","port":80,"targetPort":8080}]}""";

    [Fact]
    public void Rules_become_routes_and_backends()
    {
        var model = new World().Service("web", Web, "10.1.0.2", "10.1.0.1", "10.1.0.3 no", "10.1.0.4 ending", "127.0.0.1", "0.0.0.0")
            .Ingress("web", Spec(null, Rule("a.example", Path("/a/"), Path("/a", "Exact"), Path("/", "ImplementationSpecific")), Rule("", Path("/any")))).Model;
        Assert.Equal(
            ["_ /any/ False default:web:80", "a.example / False default:web:80", "a.example /a True default:web:80", "a.example /a/ False default:web:80"],
            model.Routes.Select(r => $"{r.Host} {r.Path} {r.Exact} {r.Backend}"));

        // Never those that are the proxy's own loopback.
        Assert.Equal("10.1.0.1:8080 10.1.0.2:8080", string.Join(' ', Assert.Single(model.Backends).Endpoints));
        Assert.Empty(model.Notes);
    }

    [Theory]
    [InlineData("IPv4", "10.1.0.1:8080 10.1.0.2:8080")]
    [InlineData("IPv6", "[2001:db8::1]:8080")]
    public void A_pod_with_addresses_of_both_families_is_one_server(string first, string expected)
    {
        var spec = JsonNode.Parse(Web)!;
        spec["ipFamilies"] = new JsonArray(first, first == "IPv4" ? "IPv6" : "IPv4");
        var model = new World().Service("web", spec.ToJsonString(), "10.1.0.1", "2001:db8::1", "10.1.0.2").Ingress("web", Default("web")).Model;
        Assert.Equal(expected, string.Join(' ', Assert.Single(model.Backends).Endpoints));

        // Of what somebody has written by hand, the other family is better than nobody.
        model = new World().Service("web", spec.ToJsonString(), first == "IPv4" ? "2001:db8::7" : "10.1.0.7").Ingress("web", Default("web")).Model;
        Assert.Single(Assert.Single(model.Backends).Endpoints);
    }

    [Fact]
    public void Pods_that_are_about_to_end_serve_when_no_other_does()
    {
        var model = new World().Service("web", Web, "10.1.0.3 no", "10.1.0.4 ending").Ingress("web", Default("web")).Model;
        Assert.Equal("10.1.0.4:8080", string.Join(' ', Assert.Single(model.Backends).Endpoints));
    }

    [Fact]
    public void The_older_one_has_what_two_claim()
    {
        var model = new World().Service("web", Web, "10.1.0.1").Service("api", Web, "10.1.0.2")
            .Ingress("old", Spec(null, Rule("a.example", Path("/x"))))
            .Ingress("new", Spec(null, Rule("a.example", Path("/x/", service: "api"), Path("/y", service: "api")))).Model;
        Assert.Equal(["/x/ default:web:80", "/y/ default:api:80"], model.Routes.Select(r => $"{r.Path} {r.Backend}"));
        var note = Assert.Single(model.Notes);
        Assert.Equal(("new", "Conflict", "a.example/x/ is served for the Ingress default/old, which is older"), (note.About.Metadata.Name, note.Reason, note.Message));
    }

    [Fact]
    public void A_default_backend_is_for_what_no_rule_of_its_hosts_is_for()
    {
        var model = new World().Service("web", Web).Service("rest", Web)
            .Ingress("some", Spec("rest", Rule("a.example", Path("/x")), Rule("b.example"), Rule("c.example", Path("/"))))
            .Ingress("all", Default("rest")).Ingress("late", Default("web")).Model;
        Assert.Equal(
            ["_ / default:rest:80", "a.example / default:rest:80", "a.example /x/ default:web:80", "b.example / default:rest:80", "c.example / default:web:80"],
            model.Routes.Select(r => $"{r.Host} {r.Path} {r.Backend}"));
        Assert.Equal("the default backend of any host is served for the Ingress default/all, which is older", Assert.Single(model.Notes).Message);
    }

    [Theory]
    [InlineData("none", 80, "there is no Service none")]
    [InlineData("web", 81, "the Service web has no port 81")]
    [InlineData("out", 80, "the Service out is an ExternalName: it has no pods")]
    [InlineData("dns", 53, "the port 53 of the Service dns is not TCP")]
    public void A_backend_that_is_none_is_said_and_has_no_pod(string service, int port, string expected)
    {
        var model = new World().Service("web", Web, "10.1.0.1").Service("out", """{"type":"ExternalName","externalName":"a.example","ports":[{"port":80}]}""", "10.1.0.1")
            .Service("dns", """{"ports":[{"port":53,"protocol":"UDP"}]}""", "10.1.0.1")
            .Ingress("web", Spec(service, [], port)).Model;
        Assert.Equal($"{expected}: its requests are answered with 503", Assert.Single(model.Notes).Message);
        Assert.Empty(Assert.Single(model.Backends).Endpoints);
    }

    [Theory]
    [InlineData("", BackendProtocol.Http)]
    [InlineData("http", BackendProtocol.Http)]
    [InlineData("kubernetes.io/h2c", BackendProtocol.Http2)]
    [InlineData("grpc", BackendProtocol.Http2)]
    [InlineData("https", BackendProtocol.Https)]
    public void The_Service_says_what_is_spoken_to_its_pods(string word, BackendProtocol expected)
    {
        var model = new World().Service("web", """{"ports":[{"port":80,"appProtocol":"WORD"}],"sessionAffinity":"ClientIP"}""".Replace("WORD", word, StringComparison.Ordinal)).Ingress("web", Default("web")).Model;
        Assert.Equal((expected, true), (Assert.Single(model.Backends).Protocol, model.Backends[0].Sticky));
    }

    [Fact]
    public void The_same_port_with_other_settings_is_another_backend()
    {
        var model = new World().Service("web", Web, "10.1.0.1")
            .Ingress("one", Spec(null, Rule("a.example", Path("/"))))
            .Ingress("two", Spec(null, Rule("b.example", Path("/"))), """{"ingress.insula.dev/response-timeout":"5m"}""")
            .Ingress("three", Spec(null, Rule("c.example", Path("/")))).Model;
        Assert.Equal(2, model.Backends.Count);
        Assert.Equal(model.Routes[0].Backend, model.Routes[2].Backend);
        Assert.NotEqual(model.Routes[0].Backend, model.Routes[1].Backend);
    }

    private static string Default(string service) => Spec(service, []);

    private static string Spec(string? standard, params JsonObject[] rules) => Spec(standard, rules, 80);

    private static string Spec(string? standard, JsonObject[] rules, int port)
    {
        var spec = new JsonObject { ["rules"] = new JsonArray([.. rules.Select(r => (JsonNode)r)]) };
        if (standard is not null)
        {
            spec["defaultBackend"] = To(standard, port);
        }

        return spec.ToJsonString();
    }

    private static JsonObject Rule(string host, params JsonObject[] paths)
    {
        var rule = new JsonObject { ["host"] = host };
        if (paths.Length > 0)
        {
            rule["http"] = new JsonObject { ["paths"] = new JsonArray([.. paths.Select(p => (JsonNode)p)]) };
        }

        return rule;
    }

    private static JsonObject Path(string path, string type = "Prefix", string service = "web") => new() { ["path"] = path, ["pathType"] = type, ["backend"] = To(service, 80) };

    private static JsonObject To(string service, int port) => new() { ["service"] = new JsonObject { ["name"] = service, ["port"] = new JsonObject { ["number"] = port } } };
}

using System.Text.Json.Nodes;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Manifests;
using Insula.Api.Printing;

namespace Insula.Api.Tests.Ingresses;

public sealed class IngressValidationTests
{
    private const string To = "backend: {service: {name: web, port: {number: 80}}}";

    [Theory]
    [InlineData("rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, " + To + "}]}}]", "")]
    [InlineData("rules: [{host: '*.a.example', http: {paths: [{pathType: ImplementationSpecific, " + To + "}]}}], tls: [{hosts: [b.example], secretName: s}], ingressClassName: insula", "")]
    [InlineData("defaultBackend: {service: {name: web, port: {name: http}}}", "")]
    [InlineData("rules: [{host: a.example}], defaultBackend: {service: {name: web, port: {name: http}}}", "")]
    [InlineData("tls: [{secretName: s}]", "spec: Invalid value: \"\": either `defaultBackend` or `rules` must be specified")]
    [InlineData("rules: [{host: 192.0.2.1, http: {paths: [{path: /, pathType: Prefix, " + To + "}]}}]", "spec.rules[0].host: Invalid value: \"192.0.2.1\": must be a DNS name, not an IP address")]
    [InlineData("rules: [{host: 'a.*.example', http: {paths: [{path: /, pathType: Prefix, " + To + "}]}}]", "a wildcard DNS-1123 subdomain must start with '*.'")]
    [InlineData("rules: [{host: 'A.example', http: {paths: [{path: /, pathType: Prefix, " + To + "}]}}]", "spec.rules[0].host: Invalid value: \"A.example\"")]
    [InlineData("rules: [{host: \"a.example\\nbackend\", http: {paths: [{path: /, pathType: Prefix, " + To + "}]}}]", "spec.rules[0].host: Invalid value")]
    [InlineData("rules: [{http: {paths: []}}]", "spec.rules[0].http.paths: Required value")]
    [InlineData("rules: [{http: {paths: [{path: /, " + To + "}]}}]", "spec.rules[0].http.paths[0].pathType: Required value")]
    [InlineData("rules: [{http: {paths: [{path: /, pathType: Regex, " + To + "}]}}]", "spec.rules[0].http.paths[0].pathType: Unsupported value: \"Regex\"")]
    [InlineData("rules: [{http: {paths: [{pathType: Exact, " + To + "}]}}]", "spec.rules[0].http.paths[0].path: Invalid value: \"\": must be an absolute path")]
    [InlineData("rules: [{http: {paths: [{path: a, pathType: Prefix, " + To + "}]}}]", "must be an absolute path")]
    [InlineData("rules: [{http: {paths: [{path: /a//b, pathType: Prefix, " + To + "}]}}]", "must not contain '//'")]
    [InlineData("rules: [{http: {paths: [{path: /a/../b, pathType: Exact, " + To + "}]}}]", "must not contain '/../'")]
    [InlineData("rules: [{http: {paths: [{path: /a%2Fb, pathType: Exact, " + To + "}]}}]", "must not contain '%2F'")]
    [InlineData("rules: [{http: {paths: [{path: /a/., pathType: Exact, " + To + "}]}}]", "cannot end with '/.'")]
    [InlineData("rules: [{http: {paths: [{path: '/a b', pathType: Exact, " + To + "}]}}]", "must be as requests write it")]
    [InlineData("rules: [{http: {paths: [{path: '/a?b', pathType: ImplementationSpecific, " + To + "}]}}]", "must be as requests write it")]
    [InlineData("rules: [{http: {paths: [{path: \"/a\\nb\", pathType: Prefix, " + To + "}]}}]", "must be as requests write it")]
    [InlineData("rules: [{http: {paths: [{path: '/é', pathType: Prefix, " + To + "}]}}]", "must be as requests write it")]
    [InlineData("defaultBackend: {}", "spec.defaultBackend: Required value: a `service` must be specified")]
    [InlineData("defaultBackend: {resource: {kind: Bucket, name: b}}", "spec.defaultBackend.resource: not supported: an Ingress leads to Services")]
    [InlineData("defaultBackend: {service: {name: 1web, port: {number: 80}}}", "spec.defaultBackend.service.name: Invalid value: \"1web\"")]
    [InlineData("defaultBackend: {service: {name: web, port: {}}}", "spec.defaultBackend.service.port: Required value: port name or number is required")]
    [InlineData("defaultBackend: {service: {name: web, port: {number: 70000}}}", "spec.defaultBackend.service.port.number: Invalid value: 70000")]
    [InlineData("defaultBackend: {service: {name: web, port: {name: http, number: 80}}}", "cannot set both port name & port number")]
    [InlineData("defaultBackend: {service: {name: web, port: {number: 80}}}, tls: [{hosts: ['a b'], secretName: s}]", "spec.tls[0].hosts[0]: Invalid value")]
    [InlineData("defaultBackend: {service: {name: web, port: {number: 80}}}, tls: [{secretName: 'A B'}]", "spec.tls[0].secretName: Invalid value")]
    [InlineData("defaultBackend: {service: {name: web, port: {number: 80}}}, rule: []", "spec.rule: unknown field")]
    public void Ingresses_are_checked(string spec, string expected) =>
        Check($"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web}}\nspec: {{{spec}}}", expected);

    [Theory]
    [InlineData("ingress.insula.dev/response-timeout: 90s", "")]
    [InlineData("ingress.insula.dev/max-body-size: 10Mi", "")]
    [InlineData("nginx.ingress.kubernetes.io/rewrite-target: /", "")]
    [InlineData("ingress.insula.dev/response-timeout: '90'", "metadata.annotations[ingress.insula.dev/response-timeout]: Invalid value: \"90\": must be a time of 1s to 24h")]
    [InlineData("ingress.insula.dev/response-timeout: 25h", "must be a time of 1s to 24h")]
    [InlineData("ingress.insula.dev/response-timeout: \"5s\\n  option httpchk\"", "must be a time of 1s to 24h")]
    [InlineData("ingress.insula.dev/requests-per-second: '-1'", "must be a whole number of 1 to 1000000")]
    [InlineData("ingress.insula.dev/https-redirect: 'yes'", "must be true or false")]
    [InlineData("ingress.insula.dev/max-body-size: '0'", "must be a number of bytes")]
    [InlineData("ingress.insula.dev/configuration-snippet: x", "metadata.annotations: Unsupported value: \"ingress.insula.dev/configuration-snippet\"")]
    public void Our_annotations_are_checked(string annotation, string expected) => Check(
        $"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, annotations: {{{annotation}}}}}\nspec: {{defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}}}", expected);

    [Theory]
    [InlineData("controller: insula.dev/ingress", "")]
    [InlineData("controller: k8s.io/ingress-nginx", "")]
    [InlineData("controller: ingress", "spec.controller: Invalid value: \"ingress\": must be a domain-prefixed path")]
    [InlineData("controller: ''", "spec.controller: Required value")]
    [InlineData("controller: a.example/x, parameters: {kind: X, name: y}", "spec.parameters: not supported: insula.dev/ingress has none")]
    public void Classes_are_checked(string spec, string expected)
    {
        var parsed = Manifest.Parse($"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: web}}\nspec: {{{spec}}}");
        var wrong = parsed.Problems().ToList();
        var said = string.Join('\n', wrong.Count > 0 ? wrong : IngressValidation.Validate(ApiJson.Read<IngressClass>(parsed.Documents[0].Object)).Select(e => e.ToString()));
        Assert.True(expected.Length == 0 ? said.Length == 0 : said.Contains(expected, StringComparison.Ordinal), said);
    }

    [Fact]
    public void Settings_are_read_from_annotations()
    {
        var refused = new List<string>();
        var settings = IngressSettings.Of(
            new Dictionary<string, string>
            {
                ["ingress.insula.dev/connect-timeout"] = "2s",
                ["ingress.insula.dev/response-timeout"] = "3m",
                ["ingress.insula.dev/tunnel-timeout"] = "24h",
                ["ingress.insula.dev/max-body-size"] = "1Ki",
                ["ingress.insula.dev/requests-per-second"] = "7",
                ["ingress.insula.dev/https-redirect"] = "true",
                ["other"] = "x",
                ["ingress.insula.dev/unknown"] = "x",
            },
            refused.Add);
        Assert.Equal(
            new IngressSettings { ConnectTimeout = TimeSpan.FromSeconds(2), ResponseTimeout = TimeSpan.FromMinutes(3), TunnelTimeout = TimeSpan.FromDays(1), MaxBodySize = 1024, RequestsPerSecond = 7, HttpsRedirect = true },
            settings);
        Assert.Equal(["ingress.insula.dev/unknown"], refused);
    }

    [Fact]
    public void They_are_printed_as_kubectl_does()
    {
        Assert.Equal(
            "web|insula|a.example,b.example,c.example + 1 more...|192.0.2.1|80, 443|5m",
            Row("Ingress", """{"metadata":{"name":"web","creationTimestamp":"2026-01-01T11:55:00Z"},"spec":{"ingressClassName":"insula","tls":[{"secretName":"s"}],"rules":[{"host":"a.example"},{"host":"b.example"},{"host":"c.example"},{"host":"d.example"}]},"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}"""));
        Assert.Equal("web|<none>|*||80|5m", Row("Ingress", """{"metadata":{"name":"web","creationTimestamp":"2026-01-01T11:55:00Z"},"spec":{"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}}"""));
        Assert.Equal("insula|insula.dev/ingress|<none>|5m", Row("IngressClass", """{"metadata":{"name":"insula","creationTimestamp":"2026-01-01T11:55:00Z"},"spec":{"controller":"insula.dev/ingress"}}"""));
    }

    private static string Row(string kind, string document) => string.Join(
        '|', TablePrinter.Print(KindTable.All.First(k => k.Kind == kind), [JsonNode.Parse(document)!.AsObject()], new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero)).Rows[0].Cells.Select(c => c?.ToString()));

    private static void Check(string manifest, string expected)
    {
        var parsed = Manifest.Parse(manifest);
        var wrong = parsed.Problems().ToList();
        var said = string.Join('\n', wrong.Count > 0 ? wrong : IngressValidation.Validate(ApiJson.Read<Ingress>(parsed.Documents[0].Object)).Select(e => e.ToString()));
        Assert.True(expected.Length == 0 ? said.Length == 0 : said.Contains(expected, StringComparison.Ordinal), said);
    }
}

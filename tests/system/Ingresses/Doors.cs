using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Xunit.Sdk;

namespace Insula.SystemTests.Ingresses;

/// <summary>Small manifests about Ingresses, and what tests ask of the proxy.</summary>
internal sealed class Doors(Instance insula, TestNamespace outside)
{
    private const string System = "insula-system";

    /// <summary>An Ingress; rules are of a host and paths such as <c>Prefix /x web:80</c>.</summary>
    public static string Ingress(string name, IReadOnlyList<(string Host, string[] Paths)> rules, object? more = null, object? annotations = null, string ns = "default")
    {
        var spec = JsonNode.Parse(global::System.Text.Json.JsonSerializer.Serialize(more ?? new { }))!.AsObject();
        spec["rules"] = new JsonArray([.. rules.Select(r => (JsonNode)new JsonObject
        {
            ["host"] = r.Host,
            ["http"] = new JsonObject { ["paths"] = new JsonArray([.. r.Paths.Select(p => (JsonNode)Path(p.Split(' ')))]) },
        })]);
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = ns, ["annotations"] = JsonNode.Parse(global::System.Text.Json.JsonSerializer.Serialize(annotations ?? new { })) };
        return new JsonObject { ["apiVersion"] = "networking.k8s.io/v1", ["kind"] = "Ingress", ["metadata"] = metadata, ["spec"] = spec }.ToJsonString();
    }

    /// <summary>A backend as manifests write it: of <c>web:80</c>.</summary>
    public static JsonObject Backend(string text) => text.Split(':') is [var name, var port]
        ? new JsonObject { ["service"] = new JsonObject { ["name"] = name, ["port"] = int.TryParse(port, out var number) ? new JsonObject { ["number"] = number } : new JsonObject { ["name"] = port } } }
        : throw new FormatException(text);

    /// <summary>A Service whose endpoint is a port of the rest of the world.</summary>
    public async Task ServiceOutsideAsync(string name, int port, string? speaks = null)
    {
        var open = new JsonObject { ["port"] = 80 };
        if (speaks is not null)
        {
            open["appProtocol"] = speaks;
        }

        await insula.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject { ["ports"] = new JsonArray(open) },
        }.ToJsonString());
        await insula.ApplyAsync(
            $$"""{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"{{name}}"},"subsets":[{"addresses":[{"ip":"{{OutsideFixture.OutsideAddress}}"}],"ports":[{"port": {{port}} }]}]}""");
    }

    /// <summary>Waits until an Ingress is served; its ports.</summary>
    public async Task<(int Http, int Https)> ServedAsync(string name, string ns = "default")
    {
        JsonNode ingress;
        try
        {
            ingress = await Eventually.GetAsync(() => GetAsync(name, ns), i => i["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] is not null, $"the Ingress {name} is served");
        }
        catch (XunitException e)
        {
            var there = await insula.CliAsync("get", "pods,services,events", "-n", System, "-o", "wide");
            throw new XunitException($"{e.Message}\n{there.Output}{there.Error}\n{string.Join('\n', insula.DaemonLog.Split('\n').TakeLast(40))}", e);
        }

        var place = ingress["status"]!["loadBalancer"]!["ingress"]![0]!;
        Assert.Equal(OutsideFixture.HostAddress.ToString(), (string?)place["ip"]);
        var ports = place["ports"]!.AsArray();
        return ((int)ports[0]!["port"]!, ports.Count > 1 ? (int)ports[1]!["port"]! : 0);
    }

    public async Task<JsonNode> GetAsync(string name, string ns = "default") => await insula.Api.GetAsync($"/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses/{name}");

    /// <summary>Asks with curl from the rest of the world.</summary>
    /// <param name="host">The host.</param>
    /// <param name="port">The port of this machine.</param>
    /// <param name="path">The path.</param>
    /// <param name="more">More arguments.</param>
    /// <returns>The status and the body, or why there is no answer.</returns>
    public async Task<string> AskAsync(string host, int port, string path = "/", params string[] more)
    {
        var scheme = more.Contains("--cacert") ? "https" : "http";
        var result = await Commands.RunAsync(
            "nsenter",
            [$"--net={outside.Path}", "curl", "-sS", "--noproxy", "*", "--path-as-is", "--max-time", "20", "--connect-to", $"::{OutsideFixture.HostAddress}:{port}", "-w", "\n%{http_code}", .. more, $"{scheme}://{host}{path}"]);
        Assert.NotEqual(127, result.ExitCode);
        return result.ExitCode == 0 ? $"{result.Output[(result.Output.LastIndexOf('\n') + 1)..]} {result.Output[..result.Output.LastIndexOf('\n')]}" : $"failed: {result.Error}";
    }

    /// <summary>The pods of the proxy, without those that are on their way out.</summary>
    public async Task<IReadOnlyList<JsonNode>> PodsAsync() => [.. (await AllPodsAsync()).Where(p => p["metadata"]!["deletionTimestamp"] is null)];

    /// <summary>The process that serves now, in the pod that is there.</summary>
    public async Task<int> WorkerAsync()
    {
        var master = Processes.MainOf(insula, Assert.Single(await PodsAsync()), "haproxy");
        var children = (await File.ReadAllTextAsync($"/proc/{master}/task/{master}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Select(int.Parse).Max();
    }

    /// <summary>Waits until nothing of the proxy is there.</summary>
    public Task GoneAsync() => Eventually.TrueAsync(
        async () => (await AllPodsAsync()).Count == 0 && (await insula.CliAsync("get", "deployments,services,secrets", "-n", System, "-o", "name")).Output.Length == 0, "the proxy is gone");

    /// <summary>A Secret with a certificate of its own for hosts; and the certificate.</summary>
    public async Task<string> CertificateAsync(string secret, params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=insula", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
        var certificate = made.ExportCertificatePem();
        await SecretAsync(secret, certificate, key.ExportPkcs8PrivateKeyPem());
        var file = global::System.IO.Path.Combine(insula.Base, $"{Guid.NewGuid():n}.pem");
        await File.WriteAllTextAsync(file, certificate);
        return file;
    }

    public Task<string> SecretAsync(string name, string certificate, string key) => insula.ApplyAsync(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["type"] = "kubernetes.io/tls",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["stringData"] = new JsonObject { ["tls.crt"] = certificate, ["tls.key"] = key },
    }.ToJsonString());

    /// <summary>Where the rest of the world finds a port.</summary>
    public static IPEndPoint At(int port) => new(OutsideFixture.HostAddress, port);

    private async Task<IReadOnlyList<JsonNode>> AllPodsAsync() =>
        [.. (await insula.Api.GetAsync($"/api/v1/namespaces/{System}/pods"))["items"]!.AsArray().Select(p => p!)];

    private static JsonObject Path(string[] words) => new()
    {
        ["pathType"] = words[0],
        ["path"] = words[1],
        ["backend"] = Backend(words[2]),
    };
}

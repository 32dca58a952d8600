using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Ingresses.Configuration;
using Insula.Ingresses.Model;

namespace Insula.Ingresses.Tests;

/// <summary>Ingresses and what they depend on, made in few words.</summary>
internal sealed class World
{
    private readonly Dictionary<string, Service> _services = [];
    private readonly Dictionary<string, List<EndpointSlice>> _slices = [];
    private readonly Dictionary<string, Secret> _secrets = [];
    private readonly List<Ingress> _ingresses = [];

    public static ProxySettings Settings { get; } = new() { Threads = 2 };

    public IngressModel Model => ModelBuilder.Build(new IngressWorld
    {
        Ingresses = _ingresses,
        Service = (ns, name) => _services.GetValueOrDefault($"{ns}/{name}"),
        Slices = (ns, name) => _slices.GetValueOrDefault($"{ns}/{name}", []),
        Secret = (ns, name) => _secrets.GetValueOrDefault($"{ns}/{name}"),
    });

    public ProxyFiles Files => ConfigurationWriter.Write(Model, Settings, b => Slots.For(b.Endpoints.Count, 0));

    /// <summary>An Ingress; each is younger than those before it.</summary>
    public World Ingress(string name, string spec, string annotations = "{}") => Add(name, new JsonObject { ["spec"] = JsonNode.Parse(spec), ["metadata"] = new JsonObject { ["annotations"] = JsonNode.Parse(annotations) } });

    public World Add(string name, JsonObject document)
    {
        document["metadata"]!["name"] = name;
        document["metadata"]!["namespace"] = "default";
        document["metadata"]!["uid"] = name;
        document["metadata"]!["creationTimestamp"] = TimeConverter.Format(DateTimeOffset.UnixEpoch.AddDays(_ingresses.Count));
        _ingresses.Add(ApiJson.Read<Ingress>(document));
        return this;
    }

    /// <summary>A Service and its endpoints, in slices of their families.</summary>
    public World Service(string name, string spec, params string[] pods)
    {
        var service = ApiJson.Read<Service>(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" }, ["spec"] = JsonNode.Parse(spec) });
        _services[$"default/{name}"] = service;
        _slices[$"default/{name}"] =
        [
            .. pods.GroupBy(p => p.Contains(':', StringComparison.Ordinal) ? IPFamilies.IPv6 : IPFamilies.IPv4).Select(family => new EndpointSlice
            {
                AddressType = family.Key,
                Ports = [.. service.Spec.Ports.Select(p => new EndpointPort { Name = p.Name ?? "", Port = p.TargetPort?.Number ?? p.Port, Protocol = "TCP" })],
                Endpoints = [.. family.Select(Endpoint)],
            }),
        ];
        return this;
    }

    public World Secret(string name, string certificate, string key)
    {
        _secrets[$"default/{name}"] = new Secret { Type = SecretTypes.Tls, Data = new Dictionary<string, string> { ["tls.crt"] = Encode(certificate), ["tls.key"] = Encode(key) } };
        return this;
    }

    /// <summary>A certificate for hosts, and its key.</summary>
    public static (string Certificate, string Key) Certificate(params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (Signed(new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256), hosts), key.ExportPkcs8PrivateKeyPem());
    }

    public static string Signed(CertificateRequest request, params string[] hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            names.AddDnsName(host);
        }

        if (hosts.Length > 0)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return made.ExportCertificatePem();
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // "10.0.0.1" is ready; "10.0.0.1 no" is not; "10.0.0.1 ending" is about to end.
    private static Endpoint Endpoint(string text) => new()
    {
        Addresses = [text.Split(' ')[0]],
        Conditions = new EndpointConditions { Ready = !text.Contains(' ', StringComparison.Ordinal), Serving = !text.EndsWith("no", StringComparison.Ordinal), Terminating = text.EndsWith("ending", StringComparison.Ordinal) },
    };
}

using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Validation;

namespace Insula.Network.Balancers;

/// <summary>What is said to a load balancer's program, and what it answers: JSON, documented in docs/load-balancers.md. Pure; answers are not trusted.</summary>
public static class ExecProtocol
{
    /// <summary>The version that is spoken.</summary>
    public const int Version = 1;

    /// <summary>The most addresses and names of one Service.</summary>
    public const int MostIngress = 16;

    private const int MostServices = 100_000;

    /// <summary>The actions.</summary>
    public const string Ensure = "ensure", Update = "update", Delete = "delete", List = "list";

    /// <summary>A request about a Service that is to have its way in.</summary>
    public static JsonObject Ask(string action, string node, BalancerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var asked = AskOf(action, node, request.Service);
        var service = asked["service"]!.AsObject();
        service["annotations"] = new JsonObject(request.Annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)));
        service["ipFamilies"] = Texts(request.Families);
        service["loadBalancerIP"] = request.Address;
        service["loadBalancerSourceRanges"] = Texts(request.SourceRanges);
        service["externalTrafficPolicy"] = request.ExternalTrafficPolicy;
        service["healthCheckNodePort"] = request.HealthCheckNodePort;
        service["ports"] = new JsonArray(
            [.. request.Ports.Select(p => new JsonObject { ["name"] = p.Name, ["protocol"] = p.Protocol, ["port"] = p.Port, ["nodePort"] = p.NodePort })]);
        asked["nodeAddresses"] = Texts(request.NodeAddresses);
        asked["ingress"] = ApiJson.ToJson(new LoadBalancerStatus { Ingress = request.Present })["ingress"]?.DeepClone() ?? new JsonArray();
        return asked;
    }

    /// <summary>A request about a Service, or about none.</summary>
    public static JsonObject AskOf(string action, string node, BalancerName? service)
    {
        var asked = new JsonObject { ["version"] = Version, ["action"] = action, ["node"] = node };
        if (service is not null)
        {
            asked["service"] = new JsonObject { ["uid"] = service.Uid, ["namespace"] = service.Namespace, ["name"] = service.Name };
        }

        return asked;
    }

    /// <summary>The answer to ensure and update.</summary>
    /// <param name="text">What the program wrote.</param>
    /// <param name="request">What it was asked for.</param>
    /// <exception cref="FormatException">It makes no sense; the message says what.</exception>
    public static BalancerAnswer ReadIngress(string text, BalancerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = Read(text);
        if (answer["error"] is { } error)
        {
            return new BalancerAnswer.Refused(Cut(Text(error, "error")));
        }

        if (answer["ingress"] is not JsonArray { Count: > 0 and <= MostIngress } list)
        {
            throw new FormatException($"its answer has no ingress, a list of 1 to {MostIngress}");
        }

        return new BalancerAnswer.Given([.. list.Select(i => One(i as JsonObject ?? throw new FormatException("an ingress is no object"), request))]);
    }

    /// <summary>The answer to list.</summary>
    /// <exception cref="FormatException">It makes no sense; the message says what.</exception>
    public static IReadOnlyList<BalancerName> ReadList(string text) =>
        Read(text)["services"] is JsonArray { Count: <= MostServices } list
            ? [.. list.Select(s => s is JsonObject one
                ? new BalancerName(Name(one, "uid"), Name(one, "namespace"), Name(one, "name"))
                : throw new FormatException("a service is no object"))]
            : throw new FormatException("its answer has no list of services");

    private static JsonObject Read(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new() { MaxDepth = 16, AllowDuplicateProperties = false }) as JsonObject ?? throw new FormatException("its answer is no JSON object");
        }
        catch (JsonException)
        {
            throw new FormatException("its answer is no JSON");
        }
    }

    private static LoadBalancerIngress One(JsonObject given, BalancerRequest request)
    {
        var ip = given["ip"] is { } address ? Text(address, "ip") : null;
        var hostname = given["hostname"] is { } host ? Text(host, "hostname") : null;
        if (ip is not null && (!IPAddress.TryParse(ip, out var parsed) || parsed.ToString() != ip))
        {
            throw new FormatException($"\"{Cut(ip)}\" is no IP address");
        }

        if (hostname is not null && Names.Dns1123Subdomain(hostname) is not null)
        {
            throw new FormatException($"\"{Cut(hostname)}\" is no DNS name");
        }

        if ((ip is null) == (hostname is null))
        {
            throw new FormatException("an ingress has either an ip or a hostname");
        }

        var mode = given["ipMode"] is { } said ? Text(said, "ipMode") : IpModes.Vip;
        return mode is IpModes.Vip or IpModes.Proxy
            ? new()
            {
                Ip = ip,
                Hostname = hostname,
                IpMode = ip is null ? null : mode,
                Ports = [.. request.Ports.Select(p => new PortStatus { Port = p.Port, Protocol = p.Protocol })],
            }
            : throw new FormatException($"\"{Cut(mode)}\" is no ipMode: {IpModes.Vip} or {IpModes.Proxy}");
    }

    private static string Name(JsonObject at, string field) => at[field] is { } value && Text(value, field) is { Length: > 0 and <= 253 } name
        ? name : throw new FormatException($"a service has no {field}");

    private static string Text(JsonNode node, string field) => node is JsonValue value && value.TryGetValue(out string? text)
        ? text : throw new FormatException($"{field} is no text");

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode?)t)]);

    /// <summary>What is said on is short, and of characters that can be shown.</summary>
    internal static string Cut(string text)
    {
        const int most = 500;
        var shown = new string([.. text.Take(most).Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return text.Length > most ? shown + "…" : shown;
    }
}

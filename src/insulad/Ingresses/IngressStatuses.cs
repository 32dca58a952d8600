using System.Text.Json.Nodes;
using Insula.Api.Core;

namespace Insulad.Ingresses;

/// <summary>What Ingresses say of where they are reached. Pure.</summary>
internal static class IngressStatuses
{
    /// <summary>Why no port serves when HAProxy is not there.</summary>
    public const string Missing = "insula.dev/HAProxyMissing";

    /// <summary>The status of one that nobody serves, or that is not served yet.</summary>
    public static JsonObject None() => new() { ["loadBalancer"] = new JsonObject() };

    /// <summary>The status of one that could be served were HAProxy there.</summary>
    public static JsonObject WithoutProxy(bool tls) => Of([(null, [.. Ports(tls, p => p)], Missing)]);

    /// <summary>The status of one that is served at a Service.</summary>
    /// <param name="service">The Service of the proxy.</param>
    /// <param name="balanced">What its status says of where a load balancer leads to it; null for nothing.</param>
    /// <param name="machine">The machine's address; null when it has none.</param>
    /// <param name="tls">Whether it has certificates.</param>
    public static JsonObject Served(Service service, JsonArray? balanced, string? machine, bool tls)
    {
        var balancer = (balanced ?? []).Select(i => (string?)i?["ip"]).OfType<string>().ToList();
        int NodePort(int port) => service.Spec.Ports.FirstOrDefault(p => p.Port == port)?.NodePort ?? 0;
        return balancer.Count > 0 ? Of([.. balancer.Select(ip => (ip, (IReadOnlyList<int>)[.. Ports(tls, p => p)], (string?)null))])
            : NodePort(80) > 0 && machine is not null ? Of([(machine, [.. Ports(tls, NodePort)], null)])
            : service.Spec.HasAddress ? Of([.. service.Spec.Addresses.Select(ip => ((string?)ip, (IReadOnlyList<int>)[.. Ports(tls, p => p)], (string?)null))])
            : None();
    }

    private static IEnumerable<int> Ports(bool tls, Func<int, int> of) => tls ? [of(80), of(443)] : [of(80)];

    private static JsonObject Of(IReadOnlyList<(string? Address, IReadOnlyList<int> Ports, string? Error)> places) => new()
    {
        ["loadBalancer"] = new JsonObject
        {
            ["ingress"] = new JsonArray([.. places.Select(place =>
            {
                var entry = new JsonObject();
                if (place.Address is not null)
                {
                    entry["ip"] = place.Address;
                }

                entry["ports"] = new JsonArray([.. place.Ports.Select(port =>
                {
                    var one = new JsonObject { ["port"] = port, ["protocol"] = Protocols.TCP };
                    if (place.Error is not null)
                    {
                        one["error"] = place.Error;
                    }

                    return (JsonNode)one;
                })]);
                return (JsonNode)entry;
            })]),
        },
    };
}

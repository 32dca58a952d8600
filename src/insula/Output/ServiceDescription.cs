using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>A Service in words, with the addresses its ports lead to.</summary>
internal static class ServiceDescription
{
    /// <param name="at">Where to write.</param>
    /// <param name="service">The Service.</param>
    /// <param name="slices">Its EndpointSlices.</param>
    public static void Write(Outline at, JsonObject service, JsonArray slices)
    {
        var metadata = service["metadata"];
        var spec = service["spec"];
        at.Field("Name", (string?)metadata?["name"]);
        at.Field("Namespace", (string?)metadata?["namespace"]);
        at.Fields("Labels", Pairs(metadata?["labels"]));
        at.Fields("Annotations", Pairs(metadata?["annotations"]).Where(a => !a.Contains("last-applied-configuration", StringComparison.Ordinal)));
        at.Field("Selector", string.Join(',', Pairs(spec?["selector"])) is { Length: > 0 } selector ? selector : null);
        at.Field("Type", (string?)spec?["type"]);
        if ((string?)spec?["type"] == "ExternalName")
        {
            at.Field("External Name", (string?)spec?["externalName"]);
            return;
        }

        at.Field("IP Family Policy", (string?)spec?["ipFamilyPolicy"]);
        at.Field("IP Families", string.Join(',', (spec?["ipFamilies"] as JsonArray ?? []).Select(f => (string?)f)));
        at.Field("IP", (string?)spec?["clusterIP"]);
        at.Field("IPs", string.Join(',', (spec?["clusterIPs"] as JsonArray ?? []).Select(a => (string?)a)));
        if ((string?)spec?["type"] == "LoadBalancer")
        {
            Balancer(at, spec, service["status"]);
        }

        foreach (var port in (spec?["ports"] as JsonArray ?? []).OfType<JsonObject>())
        {
            Port(at, port, slices);
        }

        at.Field("Session Affinity", Affinity(spec));
        if (spec?["externalTrafficPolicy"] is { } external)
        {
            at.Field("External Traffic", external.ToString());
        }

        if (spec?["healthCheckNodePort"] is { } health)
        {
            at.Field("HealthCheck NodePort", health.ToString());
        }

        at.Field("Internal Traffic", (string?)spec?["internalTrafficPolicy"]);
    }

    private static void Balancer(Outline at, JsonNode? spec, JsonNode? status)
    {
        var ways = (status?["loadBalancer"]?["ingress"] as JsonArray ?? [])
            .Select(i => (string?)i?["ip"] is { Length: > 0 } address ? (string?)i["ipMode"] is { } mode ? $"{address} ({mode})" : address : (string?)i?["hostname"]);
        at.Field("LoadBalancer Ingress", string.Join(',', ways) is { Length: > 0 } text ? text : null);
        if ((string?)spec?["loadBalancerClass"] is { } name)
        {
            at.Field("LoadBalancer Class", name);
        }

        if (spec?["loadBalancerSourceRanges"] is JsonArray { Count: > 0 } ranges)
        {
            at.Field("LoadBalancer Source Ranges", string.Join(',', ranges));
        }
    }

    private static void Port(Outline at, JsonObject port, JsonArray slices)
    {
        var name = (string?)port["name"] ?? "";
        at.Field("Port", $"{(name.Length == 0 ? "<unset>" : name)} {port["port"]}/{port["protocol"]}");
        at.Field("TargetPort", $"{port["targetPort"]}/{port["protocol"]}");
        if (port["nodePort"] is { } node)
        {
            at.Field("NodePort", $"{node}/{port["protocol"]}");
        }

        at.Field("Endpoints", string.Join(',', Endpoints(name, slices)) is { Length: > 0 } endpoints ? endpoints : null);
    }

    /// <summary>Addresses and ports of the endpoints that are ready, by the name of the Service's port.</summary>
    public static IEnumerable<string> Endpoints(string name, JsonArray slices) =>
        from slice in slices.OfType<JsonObject>()
        from port in (slice["ports"] as JsonArray ?? []).OfType<JsonObject>()
        where ((string?)port["name"] ?? "") == name
        from endpoint in (slice["endpoints"] as JsonArray ?? []).OfType<JsonObject>()
        where (bool?)endpoint["conditions"]?["ready"] != false
        from address in (endpoint["addresses"] as JsonArray ?? []).Take(1)
        let host = address.ToString()
        select $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port["port"]}";

    private static string Affinity(JsonNode? spec) => (string?)spec?["sessionAffinity"] switch
    {
        "ClientIP" => $"ClientIP for {spec?["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"]} s",
        var other => other ?? "None",
    };

    private static IEnumerable<string> Pairs(JsonNode? map) => (map as JsonObject)?.Select(pair => $"{pair.Key}={(string?)pair.Value}") ?? [];
}

using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>An Ingress in words, with the pods that its paths lead to.</summary>
internal static class IngressDescription
{
    /// <param name="at">Where to write.</param>
    /// <param name="ingress">The Ingress.</param>
    /// <param name="services">The Services of its namespace.</param>
    /// <param name="slices">The EndpointSlices of its namespace.</param>
    public static void Write(Outline at, JsonObject ingress, JsonArray services, JsonArray slices)
    {
        var (metadata, spec) = (ingress["metadata"], ingress["spec"]);
        at.Field("Name", (string?)metadata?["name"]);
        at.Field("Namespace", (string?)metadata?["namespace"]);
        at.Fields("Labels", Pairs(metadata?["labels"]));
        at.Fields("Annotations", Pairs(metadata?["annotations"]).Where(a => !a.Contains("last-applied-configuration", StringComparison.Ordinal)));
        at.Field("Ingress Class", (string?)spec?["ingressClassName"]);
        at.Fields("Address", Addresses(ingress["status"]));
        at.Field("Default backend", spec?["defaultBackend"] is { } standard ? Backend(standard, services, slices) : null);
        at.Fields("TLS", (spec?["tls"] as JsonArray ?? []).Select(tls =>
            $"{(string?)tls?["secretName"]} for {(tls?["hosts"] is JsonArray { Count: > 0 } hosts ? string.Join(", ", hosts.Select(h => (string?)h)) : "the hosts of its certificate")}"));
        var rules = at.Section("Rules");
        foreach (var rule in spec?["rules"] as JsonArray ?? [])
        {
            var host = rules.Section((string?)rule?["host"] is { Length: > 0 } name ? name : "*");
            foreach (var path in rule?["http"]?["paths"] as JsonArray ?? [])
            {
                host.Field($"{(string?)path?["path"] ?? "/"} ({(string?)path?["pathType"]})", path?["backend"] is { } backend ? Backend(backend, services, slices) : null);
            }
        }
    }

    private static IEnumerable<string> Addresses(JsonNode? status) => (status?["loadBalancer"]?["ingress"] as JsonArray ?? []).Select(place =>
    {
        var ports = (place?["ports"] as JsonArray ?? []).Select(p => (string?)p?["error"] is { } error ? $"{p!["port"]}: {error}" : p?["port"]?.ToString());
        return $"{(string?)place?["ip"] ?? (string?)place?["hostname"] ?? "<none>"} ({string.Join(", ", ports)})";
    });

    private static string Backend(JsonNode backend, JsonArray services, JsonArray slices)
    {
        var (service, port) = ((string?)backend["service"]?["name"], backend["service"]?["port"]);
        var text = $"{service}:{port?["name"] ?? port?["number"]}";
        var found = services.FirstOrDefault(s => (string?)s?["metadata"]?["name"] == service);
        if (found is null)
        {
            return $"{text} (there is no such Service)";
        }

        var wanted = (found["spec"]?["ports"] as JsonArray ?? []).FirstOrDefault(p => port?["name"] is { } name ? (string?)p?["name"] == (string?)name : (int?)p?["port"] == (int?)port?["number"]);
        if (wanted is null)
        {
            return $"{text} (the Service has no such port)";
        }

        var own = new JsonArray([.. slices.Where(s => (string?)s?["metadata"]?["labels"]?["kubernetes.io/service-name"] == service).Select(s => s!.DeepClone())]);
        return $"{text} ({(string.Join(',', ServiceDescription.Endpoints((string?)wanted["name"] ?? "", own)) is { Length: > 0 } pods ? pods : "no pod is ready")})";
    }

    private static IEnumerable<string> Pairs(JsonNode? map) => (map as JsonObject)?.Select(pair => $"{pair.Key}={(string?)pair.Value}") ?? [];
}

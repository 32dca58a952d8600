using System.Text.Json.Nodes;
using Insula.Api.Core;

namespace Insula.Api.Services;

/// <summary>Fills in what a Service does not say, as Kubernetes does (core/v1 defaults). Addresses and node ports are allocated elsewhere.</summary>
public static class ServiceDefaults
{
    /// <summary>Changes a decoded document in place, and returns it.</summary>
    public static JsonObject Apply(JsonObject service)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (service["spec"] is not JsonObject spec)
        {
            service["spec"] = spec = [];
        }

        Default(spec, "type", ServiceTypeNames.ClusterIP);
        Default(spec, "sessionAffinity", SessionAffinities.None);
        if (Text(spec["sessionAffinity"]) == SessionAffinities.ClientIP)
        {
            var config = spec["sessionAffinityConfig"] as JsonObject ?? [];
            spec["sessionAffinityConfig"] ??= config;
            var client = config["clientIP"] as JsonObject ?? [];
            config["clientIP"] ??= client;
            client["timeoutSeconds"] ??= SessionAffinities.DefaultTimeoutSeconds;
        }

        var type = Text(spec["type"]);
        if (type is ServiceTypeNames.NodePort or ServiceTypeNames.LoadBalancer)
        {
            Default(spec, "externalTrafficPolicy", TrafficPolicies.Cluster);
        }

        if (type != ServiceTypeNames.ExternalName)
        {
            Default(spec, "internalTrafficPolicy", TrafficPolicies.Cluster);
            Addresses(spec);
        }

        if (type == ServiceTypeNames.LoadBalancer)
        {
            spec["allocateLoadBalancerNodePorts"] ??= true;
        }

        if (Number(spec["healthCheckNodePort"]) == 0)
        {
            spec.Remove("healthCheckNodePort");
        }

        foreach (var port in (spec["ports"] as JsonArray ?? []).OfType<JsonObject>())
        {
            Default(port, "protocol", Protocols.TCP);
            if (port["targetPort"] is null || Text(port["targetPort"]) == "" || Number(port["targetPort"]) == 0)
            {
                port["targetPort"] = port["port"]?.DeepClone();
            }

            if (Number(port["nodePort"]) == 0)
            {
                port.Remove("nodePort");
            }
        }

        return service;
    }

    /// <summary>
    /// Keeps what an update does not name but does not mean to change either: the addresses and node ports it was given. What only the old
    /// type had goes with it.
    /// </summary>
    public static void CarryOver(JsonObject old, JsonObject service)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(service);
        if (old["spec"] is not JsonObject before || service["spec"] is not JsonObject after)
        {
            return;
        }

        var type = Text(after["type"]) is { Length: > 0 } given ? given : ServiceTypeNames.ClusterIP;
        if (type == ServiceTypeNames.ExternalName)
        {
            foreach (var field in (ReadOnlySpan<string>)["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
            {
                RemoveSame(before, after, field);
            }
        }
        else if (Text(before["type"]) != ServiceTypeNames.ExternalName && after["clusterIPs"] is null or JsonArray { Count: 0 }
            && (Text(after["clusterIP"]) is null or "" || Text(after["clusterIP"]) == Text(before["clusterIP"])))
        {
            foreach (var field in (ReadOnlySpan<string>)["clusterIP", "clusterIPs"])
            {
                after[field] = before[field]?.DeepClone();
            }

            foreach (var field in (ReadOnlySpan<string>)["ipFamilies", "ipFamilyPolicy"])
            {
                after[field] ??= before[field]?.DeepClone();
            }
        }

        GiveUpSecond(before, after);

        NodePorts(before, after, type);
        HealthCheckPort(before, after, type);
        if (type != ServiceTypeNames.LoadBalancer)
        {
            RemoveSame(before, after, "allocateLoadBalancerNodePorts");
            RemoveSame(before, after, "loadBalancerClass");
        }

        if (type is not (ServiceTypeNames.NodePort or ServiceTypeNames.LoadBalancer))
        {
            RemoveSame(before, after, "externalTrafficPolicy");
        }
    }

    /// <summary>Whoever asks for one family and leaves the rest as it was has given up the second.</summary>
    private static void GiveUpSecond(JsonObject before, JsonObject after)
    {
        if (Text(after["ipFamilyPolicy"]) != IPFamilyPolicies.SingleStack || Text(before["ipFamilyPolicy"]) is null or IPFamilyPolicies.SingleStack)
        {
            return;
        }

        string[] fields = ["clusterIPs", "ipFamilies"];
        if (fields.All(f => JsonNode.DeepEquals(after[f], before[f])))
        {
            foreach (var list in fields.Select(f => after[f]).OfType<JsonArray>().Where(l => l.Count == 2))
            {
                list.RemoveAt(1);
            }
        }
    }

    private static void Addresses(JsonObject spec)
    {
        if (spec["clusterIPs"] is JsonArray { Count: > 0 } list)
        {
            spec["clusterIP"] ??= list[0]?.DeepClone();
        }
        else if (Text(spec["clusterIP"]) is { Length: > 0 } address)
        {
            spec["clusterIPs"] = new JsonArray(address);
        }
    }

    private static void NodePorts(JsonObject before, JsonObject after, string type)
    {
        var has = type is ServiceTypeNames.NodePort or ServiceTypeNames.LoadBalancer;
        var keeps = has && !(type == ServiceTypeNames.LoadBalancer && after["allocateLoadBalancerNodePorts"] is JsonValue value && value.TryGetValue(out bool allocate) && !allocate);
        var known = (before["ports"] as JsonArray ?? []).OfType<JsonObject>().Where(p => Number(p["nodePort"]) is > 0).ToList();
        foreach (var port in (after["ports"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var same = known.FirstOrDefault(k => Number(k["port"]) == Number(port["port"]) && Protocol(k) == Protocol(port));
            if (keeps && Number(port["nodePort"]) is null or 0 && same is not null)
            {
                port["nodePort"] = same["nodePort"]!.DeepClone();
            }
            else if (!has && same is not null && Number(port["nodePort"]) == Number(same["nodePort"]))
            {
                port.Remove("nodePort");
            }
        }
    }

    private static void HealthCheckPort(JsonObject before, JsonObject after, string type)
    {
        const string field = "healthCheckNodePort";
        if (type != ServiceTypeNames.LoadBalancer || Text(after["externalTrafficPolicy"]) != TrafficPolicies.Local)
        {
            RemoveSame(before, after, field);
        }
        else if (Number(after[field]) is null or 0 && Number(before[field]) is > 0)
        {
            after[field] = before[field]!.DeepClone();
        }
    }

    private static string Protocol(JsonObject port) => Text(port["protocol"]) is { Length: > 0 } given ? given : Protocols.TCP;

    private static void RemoveSame(JsonObject before, JsonObject after, string field)
    {
        if (JsonNode.DeepEquals(before[field], after[field]))
        {
            after.Remove(field);
        }
    }

    private static void Default(JsonObject at, string field, string value)
    {
        if (at[field] is null || Text(at[field]) == "")
        {
            at[field] = value;
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static int? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out int number) ? number : null;
}

using System.Text.Json.Nodes;
using Insula.Api.Core;

namespace Insula.Api.Policies;

/// <summary>Fills in what a NetworkPolicy does not say, as Kubernetes does (networking/v1 defaults).</summary>
public static class NetworkPolicyDefaults
{
    /// <summary>Changes a decoded document in place, and returns it.</summary>
    public static JsonObject Apply(JsonObject policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy["spec"] is not JsonObject spec)
        {
            policy["spec"] = spec = [];
        }

        spec["podSelector"] ??= new JsonObject();
        if (spec["policyTypes"] is not JsonArray { Count: > 0 })
        {
            spec["policyTypes"] = spec["egress"] is JsonArray { Count: > 0 }
                ? new JsonArray(PolicyTypeNames.Ingress, PolicyTypeNames.Egress)
                : new JsonArray(PolicyTypeNames.Ingress);
        }

        foreach (var rule in Objects(spec["ingress"]).Concat(Objects(spec["egress"])))
        {
            foreach (var port in Objects(rule["ports"]))
            {
                port["protocol"] ??= Protocols.TCP;
            }
        }

        return policy;
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();
}

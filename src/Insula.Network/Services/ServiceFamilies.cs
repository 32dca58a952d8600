using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Network.Services;

/// <summary>Which families of addresses a Service has, as Kubernetes decides it (KEP-563). Pure.</summary>
internal static class ServiceFamilies
{
    /// <summary>Puts ipFamilies and ipFamilyPolicy into the spec of a valid Service that may have addresses, where it does not say them.</summary>
    /// <param name="spec">The spec; changed in place.</param>
    /// <param name="hasV6">Whether there are IPv6 addresses to give.</param>
    /// <returns>What it asks for and cannot have.</returns>
    public static IReadOnlyList<FieldError> Decide(JsonObject spec, bool hasV6)
    {
        var families = (spec["ipFamilies"] as JsonArray ?? []).Select(f => (string)f!).ToList();
        families.AddRange((spec["clusterIPs"] as JsonArray ?? []).Skip(families.Count).Select(a => IPFamilies.Of((string)a!)).OfType<string>());

        // Whoever makes endpoints of both families by hand may do so on any machine.
        var free = (string?)spec["clusterIP"] == ServiceSpec.Headless && spec["selector"] is not JsonObject { Count: > 0 };
        var policy = (string?)spec["ipFamilyPolicy"] ?? (families.Count > 1 || (free && families.Count == 0) ? IPFamilyPolicies.RequireDualStack : IPFamilyPolicies.SingleStack);
        if (families.Count == 0)
        {
            families.Add(IPFamilies.IPv4);
        }

        var errors = new List<FieldError>();
        if (!hasV6 && !free)
        {
            if (policy == IPFamilyPolicies.RequireDualStack)
            {
                errors.Add(FieldError.Invalid("spec.ipFamilyPolicy", policy, "this daemon gives IPv4 addresses alone: configure pod-range-v6, or ask for PreferDualStack"));
            }

            if (families.IndexOf(IPFamilies.IPv6) is >= 0 and var index)
            {
                errors.Add(FieldError.Invalid($"spec.ipFamilies[{index}]", families[index], "this daemon gives IPv4 addresses alone: configure pod-range-v6"));
            }
        }

        if (policy != IPFamilyPolicies.SingleStack && families.Count == 1 && (hasV6 || free))
        {
            families.Add(families[0] == IPFamilies.IPv4 ? IPFamilies.IPv6 : IPFamilies.IPv4);
        }

        spec["ipFamilies"] = new JsonArray([.. families.Select(f => (JsonNode)f)]);
        spec["ipFamilyPolicy"] = policy;
        return errors;
    }
}

using System.Text.Json.Nodes;

namespace Insula.Api.Autoscaling;

/// <summary>Fills in what autoscalers do not say, as Kubernetes does (autoscaling/v2 defaults). Documents are changed in place and returned.</summary>
public static class AutoscalerDefaults
{
    private const int Percent = 80;
    private const int Period = 15;

    /// <summary>An autoscaler.</summary>
    public static JsonObject Set(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document["spec"] is not JsonObject spec)
        {
            return document;
        }

        spec["minReplicas"] ??= 1;
        if (spec["metrics"] is not JsonArray { Count: > 0 })
        {
            spec["metrics"] = new JsonArray(new JsonObject
            {
                ["type"] = MetricTypes.Resource,
                ["resource"] = new JsonObject { ["name"] = "cpu", ["target"] = new JsonObject { ["type"] = MetricTypes.Utilization, ["averageUtilization"] = Percent } },
            });
        }

        if (spec["behavior"] is JsonObject behavior)
        {
            Rules(behavior, "scaleUp", 0, [(MetricTypes.Pods, 4), (MetricTypes.Percent, 100)]);
            Rules(behavior, "scaleDown", null, [(MetricTypes.Percent, 100)]);
        }

        return document;
    }

    private static void Rules(JsonObject behavior, string direction, int? window, IReadOnlyList<(string Type, int Value)> policies)
    {
        if (behavior[direction] is not JsonObject rules)
        {
            behavior[direction] = rules = [];
        }

        rules["selectPolicy"] ??= MetricTypes.Max;
        if (window is { } seconds)
        {
            rules["stabilizationWindowSeconds"] ??= seconds;
        }

        if (rules["policies"] is not JsonArray { Count: > 0 })
        {
            rules["policies"] = new JsonArray([.. policies.Select(p => new JsonObject { ["type"] = p.Type, ["value"] = p.Value, ["periodSeconds"] = Period })]);
        }
    }
}

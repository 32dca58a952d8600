using System.Text.Json.Nodes;
using Insula.Api.Autoscaling;
using Insula.Api.Json;

namespace Insula.Cli.Output;

/// <summary>An autoscaler in words, in the order of kubectl describe.</summary>
internal static class AutoscalerDescription
{
    /// <summary>Writes it.</summary>
    public static void Write(Outline at, JsonObject document)
    {
        var autoscaler = ApiJson.Read<HorizontalPodAutoscaler>(document);
        var (spec, status) = (autoscaler.Spec, autoscaler.Status);
        at.Field("Name", autoscaler.Metadata.Name);
        at.Field("Namespace", autoscaler.Metadata.Namespace);
        at.Fields("Labels", autoscaler.Metadata.Labels.Select(l => $"{l.Key}={l.Value}"));
        at.Field("Created", (string?)document["metadata"]?["creationTimestamp"]);
        at.Field("Reference", $"{spec.ScaleTargetRef.Kind}/{spec.ScaleTargetRef.Name}");
        var metrics = at.Section("Metrics (now / aimed at)");
        foreach (var metric in spec.Metrics)
        {
            Metric(metrics, metric, status.CurrentMetrics);
        }

        at.Field("Min replicas", $"{spec.MinReplicas ?? 1}");
        at.Field("Max replicas", $"{spec.MaxReplicas}");
        Rules(at, "Scale up", spec.Behavior?.ScaleUp);
        Rules(at, "Scale down", spec.Behavior?.ScaleDown);
        at.Field("Replicas", $"{status.CurrentReplicas} current, {status.DesiredReplicas} desired");
        at.Field("Last scaled", (string?)document["status"]?["lastScaleTime"] ?? "never");
        WorkloadDescription.Conditions(at, document["status"]?["conditions"] as JsonArray ?? []);
    }

    private static void Metric(Outline at, MetricSpec metric, IReadOnlyList<MetricStatus> found)
    {
        var source = metric.Resource ?? metric.ContainerResource ?? new();
        var current = found.Select(f => f.Resource ?? f.ContainerResource).FirstOrDefault(f => f?.Name == source.Name && f.Container == source.Container)?.Current;
        var name = source.Container is null ? source.Name : $"{source.Name} of {source.Container}";
        at.Field(name, source.Target.AverageUtilization is { } percent
            ? $"{(current?.AverageUtilization is { } now ? $"{now}% ({current.AverageValue})" : "<unknown>")} / {percent}%"
            : $"{current?.AverageValue?.ToString() ?? "<unknown>"} / {source.Target.AverageValue}");
    }

    private static void Rules(Outline at, string direction, ScalingRules? rules)
    {
        if (rules is not null)
        {
            at.Field(direction, rules.SelectPolicy == MetricTypes.Disabled
                ? "never"
                : $"{rules.SelectPolicy} of {string.Join(", ", rules.Policies.Select(p => $"{p.Value}{(p.Type == MetricTypes.Percent ? "%" : " pods")} in {p.PeriodSeconds}s"))}"
                    + (rules.StabilizationWindowSeconds is { } window ? $", looking back {window}s" : ""));
        }
    }
}

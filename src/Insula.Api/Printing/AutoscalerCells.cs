using System.Text.Json.Nodes;
using Insula.Api.Autoscaling;
using Insula.Api.Values;

namespace Insula.Api.Printing;

/// <summary>The cells of autoscalers between name and age, as kubectl shows them.</summary>
internal static class AutoscalerCells
{
    private const string Unknown = "<unknown>";

    public static JsonNode?[] Of(HorizontalPodAutoscaler autoscaler) =>
    [
        $"{autoscaler.Spec.ScaleTargetRef.Kind}/{autoscaler.Spec.ScaleTargetRef.Name}",
        string.Join(", ", autoscaler.Spec.Metrics.Select(metric => Target(metric, autoscaler.Status.CurrentMetrics))),
        autoscaler.Spec.MinReplicas ?? 1,
        autoscaler.Spec.MaxReplicas,
        autoscaler.Status.CurrentReplicas,
    ];

    private static string Target(MetricSpec metric, IReadOnlyList<MetricStatus> found)
    {
        var source = metric.Resource ?? metric.ContainerResource ?? new();
        var current = found.Select(f => f.Resource ?? f.ContainerResource).FirstOrDefault(f => f?.Name == source.Name && f.Container == source.Container)?.Current;
        var name = source.Container is null ? source.Name : $"{source.Name}/{source.Container}";
        return source.Target.AverageUtilization is { } aim
            ? $"{name}: {Percent(current?.AverageUtilization)}/{aim}%"
            : $"{name}: {Amount(current?.AverageValue)}/{source.Target.AverageValue}";
    }

    private static string Percent(int? percent) => percent is { } known ? $"{known}%" : Unknown;

    private static string Amount(Quantity? amount) => amount?.ToString() ?? Unknown;
}

using Insula.Api.Autoscaling;
using Insula.Api.Values;

namespace Insula.Workloads.Autoscaling;

/// <summary>
/// How many pods a metric wants, as Kubernetes reckons (podautoscaler/replica_calculator.go): the present number times use over target. Pods that were
/// not measured, and those that only begin, are taken for what speaks against a change.
/// </summary>
internal static class ReplicaCalculator
{
    /// <summary>Reckons.</summary>
    /// <param name="metric">What is looked at.</param>
    /// <param name="current">The present number, not 0.</param>
    /// <param name="pods">All pods of the workload.</param>
    /// <param name="isTolerated">Whether a ratio of use to target is near enough to 1.</param>
    /// <param name="now">The time.</param>
    public static MetricProposal Propose(MetricSpec metric, int current, IReadOnlyList<ScaledPod> pods, Func<double, bool> isTolerated, DateTimeOffset now)
    {
        var source = (metric.Type == MetricTypes.ContainerResource ? metric.ContainerResource : metric.Resource) ?? new();
        var (resource, container, percent) = (source.Name, source.Container, source.Target.AverageUtilization);
        var name = $"{resource} {(container is null ? "" : "container ")}resource";
        name += percent is null ? "" : " utilization (percentage of request)";
        var live = pods.Where(p => !p.IsEnding && p.Phase is not ("Failed" or "Succeeded")).ToList();
        var unready = live.Where(p => p.IsUnready(resource, now)).ToList();
        var measured = live.Except(unready).Where(p => p.Use(resource, container) is not null).ToList();
        var missing = live.Except(unready).Except(measured).ToList();
        if (measured.Count == 0)
        {
            return Unknown(live.Count == 0 ? "no pods were returned by the workload's selector" : "did not receive metrics for targeted pods (pods might be unready)");
        }

        if (percent is not null && live.FirstOrDefault(p => p.Request(resource, container) is not > 0) is { } without)
        {
            return Unknown($"missing request for {resource} in {(container is null ? "a container" : $"container {container}")} of Pod {without.Name}");
        }

        var reckoned = measured.Select(p => (Use: (double)Use(p), Aim: Aim(p))).ToList();
        var total = measured.Sum(Use);
        var status = Found(total / measured.Count, percent is null ? null : (int)(100.0 * total / measured.Sum(p => Request(p))));
        var ratio = Ratio(reckoned);
        var countsUnready = unready.Count > 0 && ratio > 1;
        if (!countsUnready && missing.Count == 0)
        {
            return new MetricProposal(isTolerated(ratio) ? current : Ceiling(ratio * measured.Count), name, status);
        }

        if (ratio > 1)
        {
            reckoned.AddRange(missing.Concat(unready).Select(p => (0.0, Aim(p))));
        }
        else if (ratio < 1)
        {
            // It may use what it should, and all that it requests.
            reckoned.AddRange(missing.Select(p => (percent is null ? Aim(p) : Math.Max(Request(p), Aim(p)), Aim(p))));
        }

        var cautious = Ratio(reckoned);
        if (isTolerated(cautious) || (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1))
        {
            return new MetricProposal(current, name, status);
        }

        var wanted = Ceiling(cautious * reckoned.Count);
        var turned = (cautious < 1 && wanted > current) || (cautious > 1 && wanted < current);
        return new MetricProposal(turned ? current : wanted, name, status);

        long Use(ScaledPod pod) => pod.Use(resource, container)!.Value;

        double Request(ScaledPod pod) => pod.Request(resource, container)!.Value;

        double Aim(ScaledPod pod) => percent is { } part ? Request(pod) * part / 100 : AimOf(source.Target, resource);

        MetricProposal Unknown(string why) => new(null, name, null, $"failed to get {(container is null ? resource : $"{resource} of container {container}")} utilization: {why}");

        MetricStatus Found(long average, int? utilization)
        {
            var found = new ResourceMetricStatus
            {
                Name = resource,
                Container = container,
                Current = new() { AverageValue = resource == "cpu" ? Quantity.FromMilli(average) : Quantity.FromUnits(average, QuantityFormat.BinarySI), AverageUtilization = utilization },
            };
            return metric.Type == MetricTypes.ContainerResource
                ? new MetricStatus { Type = metric.Type, ContainerResource = found }
                : new MetricStatus { Type = metric.Type, Resource = found };
        }
    }

    private static double Ratio(IReadOnlyList<(double Use, double Aim)> each) => each.Sum(p => p.Use) / each.Sum(p => p.Aim);

    private static long AimOf(MetricTarget target, string resource) => target.AverageValue is not { } value ? 0 : resource == "cpu" ? value.MilliValue : value.Value;

    // Fractions that should make a whole number may make a little more.
    private static int Ceiling(double replicas) => (int)Math.Min(int.MaxValue, Math.Ceiling(replicas - 1e-9));
}

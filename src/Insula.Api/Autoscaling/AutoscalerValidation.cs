using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Autoscaling;

/// <summary>Checks autoscalers that have their defaults, as Kubernetes does (autoscaling/validation), with its texts.</summary>
public static class AutoscalerValidation
{
    private const int LongestPeriod = 1800;
    private const int LongestWindow = 3600;

    private static readonly string[] s_resources = ["cpu", "memory"];

    /// <summary>What is wrong with one; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(HorizontalPodAutoscaler autoscaler)
    {
        ArgumentNullException.ThrowIfNull(autoscaler);
        var errors = new List<FieldError>();
        var root = new ErrorList(errors, "");
        MetadataValidation.Validate(root.Field("metadata"), autoscaler.Metadata, namespaced: true);
        var at = root.Field("spec");
        var spec = autoscaler.Spec;
        Present(at.Field("scaleTargetRef").Field("kind"), spec.ScaleTargetRef.Kind);
        Present(at.Field("scaleTargetRef").Field("name"), spec.ScaleTargetRef.Name);
        if (spec.MinReplicas < 1)
        {
            at.Field("minReplicas").Invalid(spec.MinReplicas, "must be greater than or equal to 1");
        }

        if (spec.MaxReplicas < 1)
        {
            at.Field("maxReplicas").Invalid(spec.MaxReplicas, "must be greater than 0");
        }
        else if (spec.MinReplicas > spec.MaxReplicas)
        {
            at.Field("maxReplicas").Invalid(spec.MaxReplicas, "must be greater than or equal to `minReplicas`");
        }

        for (var i = 0; i < spec.Metrics.Count; i++)
        {
            Metric(at.Field("metrics").Index(i), spec.Metrics[i]);
        }

        Rules(at.Field("behavior").Field("scaleUp"), spec.Behavior?.ScaleUp);
        Rules(at.Field("behavior").Field("scaleDown"), spec.Behavior?.ScaleDown);
        return errors;
    }

    private static void Metric(ErrorList at, MetricSpec metric)
    {
        var (name, source, other) = metric.Type == MetricTypes.ContainerResource
            ? ("containerResource", metric.ContainerResource, metric.Resource)
            : ("resource", metric.Resource, metric.ContainerResource);
        if (other is not null)
        {
            at.Field(name == "resource" ? "containerResource" : "resource").Forbidden("must populate the given metric source only");
        }

        at = at.Field(name);
        if (source is null)
        {
            at.Required($"must populate information for the given metric source");
            return;
        }

        if (!s_resources.Contains(source.Name))
        {
            at.Field("name").Invalid(source.Name, "only cpu and memory are measured");
        }

        if (name == "containerResource")
        {
            Present(at.Field("container"), source.Container ?? "");
        }

        var target = source.Target;
        at = at.Field("target");
        if (target.AverageUtilization is null == target.AverageValue is null)
        {
            at.Required("must set either a target raw value or a target utilization, and not both");
        }
        else if ((target.Type == MetricTypes.Utilization) != target.AverageUtilization is not null)
        {
            at.Field("type").Invalid(target.Type, $"is {MetricTypes.Utilization} with averageUtilization, and {MetricTypes.AverageValue} with averageValue");
        }

        if (target.AverageUtilization < 1)
        {
            at.Field("averageUtilization").Invalid(target.AverageUtilization, "must be greater than 0");
        }

        if (target.AverageValue is { Sign: <= 0 } value)
        {
            at.Field("averageValue").Invalid(value.ToString(), "must be positive");
        }
    }

    private static void Rules(ErrorList at, ScalingRules? rules)
    {
        if (rules is null)
        {
            return;
        }

        at.Field("stabilizationWindowSeconds").Range(rules.StabilizationWindowSeconds, 0, LongestWindow);
        if (rules.Tolerance is { } tolerance && tolerance < Quantity.Zero)
        {
            at.Field("tolerance").Invalid(tolerance.ToString(), "must be greater or equal to 0");
        }

        for (var i = 0; i < rules.Policies.Count; i++)
        {
            var policy = rules.Policies[i];
            var one = at.Field("policies").Index(i);
            if (policy.Value <= 0)
            {
                one.Field("value").Invalid(policy.Value, "must be greater than zero");
            }

            one.Field("periodSeconds").Range(policy.PeriodSeconds, 1, LongestPeriod);
        }
    }

    private static void Present(ErrorList at, string text)
    {
        if (text.Length == 0)
        {
            at.Required();
        }
    }
}

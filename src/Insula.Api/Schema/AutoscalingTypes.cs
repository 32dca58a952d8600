using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of autoscalers (autoscaling/v2).</summary>
internal static class AutoscalingTypes
{
    private const string NoSource = "only cpu and memory of pods and containers are measured here";

    public static ObjectType Autoscaler { get; } = new(
        "HorizontalPodAutoscaler", "A number of replicas that follows what the pods use.",
        Text("apiVersion", "\"autoscaling/v2\".").Required(),
        Text("kind", "\"HorizontalPodAutoscaler\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => Spec, "What is wanted.").Required(),
        One("status", () => Status, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType Spec { get; } = new(
        "HorizontalPodAutoscalerSpec", "What an autoscaler should do.",
        One("scaleTargetRef", () => Target, "The workload whose replicas are set: a Deployment, StatefulSet, ReplicaSet or ReplicationController.").Required(),
        Int("minReplicas", "The fewest pods, at least 1. Default 1."),
        Int("maxReplicas", "The most pods.").Required(),
        Many("metrics", () => Metric, "What is looked at every 15 seconds: the one that wants most pods decides. Default cpu at 80 percent of what is requested."),
        One("behavior", () => Behavior, "How fast it may go. By default up by 4 pods or to the double within 15 seconds, and down to what was the most wanted within 5 minutes."));

    private static ObjectType Target { get; } = new(
        "CrossVersionObjectReference", "An object of the same namespace.",
        Text("kind", "Its kind.").Required(),
        Text("name", "Its name.").Required(),
        Text("apiVersion", "Its group and version."));

    private static ObjectType Metric { get; } = new(
        "MetricSpec", "What is looked at.",
        Text("type", "Resource: what pods use. ContainerResource: what one container of each pod uses.").Required().OneOf("Resource", "ContainerResource"),
        One("resource", () => Resource, "With the type Resource."),
        One("containerResource", () => ContainerResource, "With the type ContainerResource."),
        Any("pods", "A metric of pods.").Refused(NoSource),
        Any("object", "A metric of another object.").Refused(NoSource),
        Any("external", "A metric from elsewhere.").Refused(NoSource));

    private static ObjectType Resource { get; } = new(
        "ResourceMetricSource", "A resource, and how much of it pods should use.",
        Text("name", "The resource.").Required().OneOf("cpu", "memory"),
        One("target", () => MetricTarget, "What is aimed at.").Required());

    private static ObjectType ContainerResource { get; } = new(
        "ContainerResourceMetricSource", "A resource, and how much of it a container should use.",
        Text("name", "The resource.").Required().OneOf("cpu", "memory"),
        Text("container", "The container.").Required(),
        One("target", () => MetricTarget, "What is aimed at.").Required());

    private static ObjectType MetricTarget { get; } = new(
        "MetricTarget", "What is aimed at.",
        Text("type", "Utilization: percent of what is requested. AverageValue: an amount for each pod.").Required().OneOf("Utilization", "AverageValue"),
        Int("averageUtilization", "Percent of what pods request, on the average."),
        Quantity("averageValue", "An amount for each pod, on the average."),
        Quantity("value", "An amount.").Refused(NoSource));

    private static ObjectType Behavior { get; } = new(
        "HorizontalPodAutoscalerBehavior", "How fast pods may become more and fewer.",
        One("scaleUp", () => Rules, "Rules for more pods. Default: 4 pods or 100 percent within 15 seconds, without looking back."),
        One("scaleDown", () => Rules, "Rules for fewer pods. Default: 100 percent within 15 seconds, looking back on 300 seconds."));

    private static ObjectType Rules { get; } = new(
        "HPAScalingRules", "How fast the number of pods may change in one direction.",
        Int("stabilizationWindowSeconds", "How many seconds of recommendations are looked back on, at most 3600: the most cautious of them counts. Default 0 upwards, 300 downwards."),
        Text("selectPolicy", "Which policy counts: the one that allows the largest change, or the least; Disabled for no change in this direction. Default Max.").OneOf("Max", "Min", "Disabled"),
        Many("policies", () => Policy, "Limits of the change."),
        Quantity("tolerance", "Which part of a deviation from the target is let pass. Default 0.1."));

    private static ObjectType Policy { get; } = new(
        "HPAScalingPolicy", "A limit of a change.",
        Text("type", "What value counts.").Required().OneOf("Pods", "Percent"),
        Int("value", "So many of them.").Required(),
        Int("periodSeconds", "In so many seconds, at most 1800.").Required());

    private static ObjectType Status { get; } = new(
        "HorizontalPodAutoscalerStatus", "State of an autoscaler.",
        Long("observedGeneration", "The metadata.generation this is about."),
        Time("lastScaleTime", "When it changed the number last."),
        Int("currentReplicas", "How many pods the workload wanted when it was looked at."),
        Int("desiredReplicas", "How many the autoscaler wants."),
        Many("currentMetrics", () => MetricStatus, "What was found."),
        Many("conditions", () => Condition, "Conditions: AbleToScale, ScalingActive, ScalingLimited.", "type"));

    private static ObjectType MetricStatus { get; } = new(
        "MetricStatus", "What was found.",
        Text("type", "Resource or ContainerResource."),
        One("resource", () => ResourceStatus, "Of the type Resource."),
        One("containerResource", () => ResourceStatus, "Of the type ContainerResource."));

    private static ObjectType ResourceStatus { get; } = new(
        "ResourceMetricStatus", "What was found of a resource.",
        Text("name", "The resource."),
        Text("container", "The container it is about."),
        One("current", () => Value, "The amounts."));

    private static ObjectType Value { get; } = new(
        "MetricValueStatus", "Amounts that were found.",
        Int("averageUtilization", "Percent of what pods request."),
        Quantity("averageValue", "The amount a pod."));

    private static ObjectType Condition { get; } = new(
        "HorizontalPodAutoscalerCondition", "A condition of an autoscaler.",
        Text("type", "What it is about."),
        Text("status", "True, False or Unknown."),
        Time("lastTransitionTime", "When status last changed."),
        Text("reason", "Why, in a word."),
        Text("message", "Why, in a sentence."));
}

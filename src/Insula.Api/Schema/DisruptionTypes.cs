using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of PodDisruptionBudgets (policy/v1).</summary>
internal static class DisruptionTypes
{
    public static ObjectType Budget { get; } = new(
        "PodDisruptionBudget", "How many of some pods may be evicted at a time, by `insula drain` and whoever asks by the subresource eviction. Who deletes a pod asks nobody.",
        Text("apiVersion", "\"policy/v1\".").Required(),
        Text("kind", "\"PodDisruptionBudget\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => Spec, "What is wanted."),
        One("status", () => Status, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType Spec { get; } = new(
        "PodDisruptionBudgetSpec", "What a budget allows.",
        IntOrString("minAvailable", "How many pods must be left: a number, or a percentage of those wanted, rounded up. Not with maxUnavailable."),
        IntOrString("maxUnavailable", "How many pods may be missing: a number, or a percentage of those wanted, rounded up. Not with minAvailable."),
        One("selector", () => MetaTypes.LabelSelector, "The pods; {} is all of the namespace."),
        Text("unhealthyPodEvictionPolicy", "When pods that are not ready may be evicted: IfHealthyBudget, as long as enough others are; AlwaysAllow, always. Default IfHealthyBudget.").OneOf("IfHealthyBudget", "AlwaysAllow"));

    private static ObjectType Status { get; } = new(
        "PodDisruptionBudgetStatus", "State of a budget.",
        Long("observedGeneration", "The generation that was looked at."),
        Int("disruptionsAllowed", "How many pods may be evicted now."),
        Int("currentHealthy", "How many pods are ready."),
        Int("desiredHealthy", "How many have to be."),
        Int("expectedPods", "How many pods there should be."),
        Many("conditions", () => WorkloadTypes.WorkloadCondition, "Conditions.", "type"));
}

using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields by which a scheduler chooses a machine (core/v1); most mean nothing here but are read strictly.</summary>
internal static class SchedulingTypes
{
    public static ObjectType Affinity { get; } = new(
        "Affinity", "Which machines and neighbours a pod prefers.",
        One("nodeAffinity", () => NodeAffinity, "Machines."),
        One("podAffinity", () => PodAffinity, "Pods to be near to."),
        One("podAntiAffinity", () => PodAffinity, "Pods to be far from."));

    public static ObjectType Toleration { get; } = new(
        "Toleration", "A taint that is tolerated.",
        Text("key", "Key of the taint."),
        Text("operator", "How the value is compared; default Equal.").OneOf("Exists", "Equal"),
        Text("value", "Value of the taint."),
        Text("effect", "Effect of the taint.").OneOf("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
        Long("tolerationSeconds", "Seconds a NoExecute taint is tolerated."));

    public static ObjectType TopologySpreadConstraint { get; } = new(
        "TopologySpreadConstraint", "How pods spread.",
        Int("maxSkew", "Largest difference.").Required(),
        Text("topologyKey", "Label that tells domains apart.").Required(),
        Text("whenUnsatisfiable", "What happens when it cannot be met.").Required().OneOf("DoNotSchedule", "ScheduleAnyway"),
        One("labelSelector", () => MetaTypes.LabelSelector, "Pods that are counted."),
        Int("minDomains", "Fewest domains."),
        Text("nodeAffinityPolicy", "Whether affinity counts.").OneOf("Honor", "Ignore"),
        Text("nodeTaintsPolicy", "Whether taints count.").OneOf("Honor", "Ignore"),
        Texts("matchLabelKeys", "Labels whose values select further."));

    public static ObjectType WorkloadReference { get; } = new(
        "WorkloadReference", "The workload a pod is scheduled with.",
        Text("name", "Its name.").Required(),
        Text("podGroup", "The group inside it.").Required(),
        Text("podGroupReplicaKey", "The replica of the group."));

    private static ObjectType NodeAffinity { get; } = new(
        "NodeAffinity", "Machines a pod prefers.",
        One("requiredDuringSchedulingIgnoredDuringExecution", () => NodeSelector, "Must hold."),
        Many("preferredDuringSchedulingIgnoredDuringExecution", () => PreferredSchedulingTerm, "Should hold."));

    private static ObjectType NodeSelector { get; } = new(
        "NodeSelector", "Chooses machines.",
        Many("nodeSelectorTerms", () => NodeSelectorTerm, "Terms; one must hold.").Required());

    private static ObjectType PreferredSchedulingTerm { get; } = new(
        "PreferredSchedulingTerm", "A preference.",
        Int("weight", "Its weight, 1 to 100.").Required(),
        One("preference", () => NodeSelectorTerm, "The machines.").Required());

    private static ObjectType NodeSelectorTerm { get; } = new(
        "NodeSelectorTerm", "Conditions on a machine; all must hold.",
        Many("matchExpressions", () => NodeSelectorRequirement, "On labels."),
        Many("matchFields", () => NodeSelectorRequirement, "On fields."));

    private static ObjectType NodeSelectorRequirement { get; } = new(
        "NodeSelectorRequirement", "A condition.",
        Text("key", "The label or field.").Required(),
        Text("operator", "How it is compared.").Required().OneOf("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
        Texts("values", "The values."));

    private static ObjectType PodAffinity { get; } = new(
        "PodAffinity", "Pods to be near to or far from.",
        Many("requiredDuringSchedulingIgnoredDuringExecution", () => PodAffinityTerm, "Must hold."),
        Many("preferredDuringSchedulingIgnoredDuringExecution", () => WeightedPodAffinityTerm, "Should hold."));

    private static ObjectType WeightedPodAffinityTerm { get; } = new(
        "WeightedPodAffinityTerm", "A preference.",
        Int("weight", "Its weight, 1 to 100.").Required(),
        One("podAffinityTerm", () => PodAffinityTerm, "The pods.").Required());

    private static ObjectType PodAffinityTerm { get; } = new(
        "PodAffinityTerm", "Pods and the domain that is compared.",
        One("labelSelector", () => MetaTypes.LabelSelector, "The pods."),
        Texts("namespaces", "Their namespaces."),
        Text("topologyKey", "Label that tells domains apart.").Required(),
        One("namespaceSelector", () => MetaTypes.LabelSelector, "Their namespaces by label."),
        Texts("matchLabelKeys", "Labels that must match the pod's."),
        Texts("mismatchLabelKeys", "Labels that must not match the pod's."));
}

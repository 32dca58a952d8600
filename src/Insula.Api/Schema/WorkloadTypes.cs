using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of workloads (apps/v1, and core/v1's ReplicationController).</summary>
internal static class WorkloadTypes
{
    public static ObjectType Deployment { get; } = new(
        "Deployment", "Pods of one kind, so many of them, and how they are replaced when the template changes.",
        Text("apiVersion", "\"apps/v1\".").Required(),
        Text("kind", "\"Deployment\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => DeploymentSpec, "What is wanted.").Required(),
        One("status", () => DeploymentStatus, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType DeploymentSpec { get; } = new(
        "DeploymentSpec", "What a Deployment should be.",
        Int("replicas", "How many pods. Default 1."),
        One("selector", () => MetaTypes.LabelSelector, "The pods it is about; cannot be changed. The template's labels must match it.").Required(),
        One("template", () => PodTemplateSpec, "What its pods are made from.").Required(),
        One("strategy", () => DeploymentStrategy, "How pods are replaced when the template changes.").RetainsKeys(),
        Int("minReadySeconds", "Seconds a pod has to be ready before it counts as available. Default 0."),
        Int("revisionHistoryLimit", "How many old ReplicaSets are kept for a rollback. Default 10."),
        Bool("paused", "Whether changes of the template wait. Default false."),
        Int("progressDeadlineSeconds", "Seconds without progress after which the condition Progressing is False. Default 600; more than minReadySeconds."));

    private static ObjectType DeploymentStrategy { get; } = new(
        "DeploymentStrategy", "How pods are replaced.",
        Text("type", "Recreate: all old pods end before the first new one starts. Default RollingUpdate.").OneOf("Recreate", "RollingUpdate"),
        One("rollingUpdate", () => RollingUpdate, "Limits of a rolling update."));

    private static ObjectType RollingUpdate { get; } = new(
        "RollingUpdate", "Limits of a rolling update.",
        IntOrString("maxUnavailable", "How many pods may be unavailable meanwhile: a number, or a percentage of replicas, rounded down. Default 25%; of a DaemonSet 1."),
        IntOrString("maxSurge", "How many pods there may be above what is wanted: a number, or a percentage, rounded up. Default 25%; of a DaemonSet 0."));

    private static ObjectType DeploymentStatus { get; } = new(
        "DeploymentStatus", "State of a Deployment.",
        Long("observedGeneration", "The metadata.generation this is about."),
        Int("replicas", "Pods of all its ReplicaSets."),
        Int("updatedReplicas", "Of them, those made from the present template."),
        Int("readyReplicas", "Of them, those that are ready."),
        Int("availableReplicas", "Of them, those ready for minReadySeconds."),
        Int("unavailableReplicas", "Pods that are still wanted for availability."),
        Int("terminatingReplicas", "Pods that are ending."),
        Many("conditions", () => WorkloadCondition, "Conditions.", "type"),
        Int("collisionCount", "How often the hash of the template met a name that was taken."));

    public static ObjectType ReplicaSet { get; } = new(
        "ReplicaSet", "So many pods made from one template.",
        Text("apiVersion", "\"apps/v1\".").Required(),
        Text("kind", "\"ReplicaSet\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => ReplicaSetSpec, "What is wanted.").Required(),
        One("status", () => ReplicaSetStatus, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType ReplicaSetSpec { get; } = new(
        "ReplicaSetSpec", "What a ReplicaSet should be.",
        Int("replicas", "How many pods. Default 1."),
        Int("minReadySeconds", "Seconds a pod has to be ready before it counts as available. Default 0."),
        One("selector", () => MetaTypes.LabelSelector, "The pods it is about; cannot be changed. The template's labels must match it.").Required(),
        One("template", () => PodTemplateSpec, "What its pods are made from.").Required());

    private static ObjectType ReplicaSetStatus { get; } = new(
        "ReplicaSetStatus", "State of a ReplicaSet.",
        Int("replicas", "Its pods."),
        Int("fullyLabeledReplicas", "Of them, those with all labels of the template."),
        Int("readyReplicas", "Of them, those that are ready."),
        Int("availableReplicas", "Of them, those ready for minReadySeconds."),
        Int("terminatingReplicas", "Pods that are ending."),
        Long("observedGeneration", "The metadata.generation this is about."),
        Many("conditions", () => WorkloadCondition, "Conditions.", "type"));

    public static ObjectType ReplicationController { get; } = new(
        "ReplicationController", "The older form of a ReplicaSet, whose selector is of labels alone.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"ReplicationController\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => ReplicationControllerSpec, "What is wanted.").Required(),
        One("status", () => ReplicationControllerStatus, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType ReplicationControllerSpec { get; } = new(
        "ReplicationControllerSpec", "What a ReplicationController should be.",
        Int("replicas", "How many pods. Default 1."),
        Int("minReadySeconds", "Seconds a pod has to be ready before it counts as available. Default 0."),
        TextMap("selector", "Labels of its pods. Default those of the template."),
        One("template", () => PodTemplateSpec, "What its pods are made from.").Required());

    private static ObjectType ReplicationControllerStatus { get; } = new(
        "ReplicationControllerStatus", "State of a ReplicationController.",
        Int("replicas", "Its pods."),
        Int("fullyLabeledReplicas", "Of them, those with all labels of the template."),
        Int("readyReplicas", "Of them, those that are ready."),
        Int("availableReplicas", "Of them, those ready for minReadySeconds."),
        Int("terminatingReplicas", "Pods that are ending."),
        Long("observedGeneration", "The metadata.generation this is about."),
        Many("conditions", () => WorkloadCondition, "Conditions.", "type"));

    public static ObjectType DaemonSet { get; } = new(
        "DaemonSet", "A pod on every machine: here one.",
        Text("apiVersion", "\"apps/v1\".").Required(),
        Text("kind", "\"DaemonSet\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => DaemonSetSpec, "What is wanted.").Required(),
        One("status", () => DaemonSetStatus, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType DaemonSetSpec { get; } = new(
        "DaemonSetSpec", "What a DaemonSet should be.",
        One("selector", () => MetaTypes.LabelSelector, "The pods it is about; cannot be changed. The template's labels must match it.").Required(),
        One("template", () => PodTemplateSpec, "What its pods are made from.").Required(),
        One("updateStrategy", () => DaemonSetUpdateStrategy, "How the pod is replaced when the template changes."),
        Int("minReadySeconds", "Seconds a pod has to be ready before it counts as available. Default 0."),
        Int("revisionHistoryLimit", "How many old templates are kept for a rollback, beside those that pods still have. Default 10."));

    private static ObjectType DaemonSetUpdateStrategy { get; } = new(
        "DaemonSetUpdateStrategy", "How the pod of a DaemonSet is replaced.",
        Text("type", "OnDelete: only when somebody deletes it. Default RollingUpdate.").OneOf("RollingUpdate", "OnDelete"),
        One("rollingUpdate", () => RollingUpdate, "Limits of a rolling update: with maxSurge 1 the new pod is ready before the old one ends."));

    private static ObjectType DaemonSetStatus { get; } = new(
        "DaemonSetStatus", "State of a DaemonSet.",
        Int("currentNumberScheduled", "Machines that have its pod: 0 or 1."),
        Int("numberMisscheduled", "Machines that have it and should not: 0."),
        Int("desiredNumberScheduled", "Machines that should have it: 1."),
        Int("numberReady", "Pods that are ready."),
        Long("observedGeneration", "The metadata.generation this is about."),
        Int("updatedNumberScheduled", "Pods of the present template."),
        Int("numberAvailable", "Pods ready for minReadySeconds."),
        Int("numberUnavailable", "Pods that are wanted and not available."),
        Int("collisionCount", "Not used."),
        Many("conditions", () => WorkloadCondition, "Conditions.", "type"));

    public static ObjectType StatefulSet { get; } = new(
        "StatefulSet", "Pods with names that stay: NAME-0, NAME-1, …, each with a DNS name of its own by the headless Service named.",
        Text("apiVersion", "\"apps/v1\".").Required(),
        Text("kind", "\"StatefulSet\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => StatefulSetSpec, "What is wanted.").Required(),
        One("status", () => StatefulSetStatus, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType StatefulSetSpec { get; } = new(
        "StatefulSetSpec", "What a StatefulSet should be.",
        Int("replicas", "How many pods. Default 1."),
        One("selector", () => MetaTypes.LabelSelector, "The pods it is about; cannot be changed. The template's labels must match it.").Required(),
        One("template", () => PodTemplateSpec, "What its pods are made from.").Required(),
        Text("serviceName", "The headless Service by which its pods have names: POD.SERVICE.NAMESPACE.svc. Cannot be changed."),
        Text("podManagementPolicy", "OrderedReady: one after the other, each when the one before is ready, and in the reverse order down. Default OrderedReady.").OneOf("OrderedReady", "Parallel"),
        One("updateStrategy", () => StatefulSetUpdateStrategy, "How pods are replaced when the template changes."),
        Int("minReadySeconds", "Seconds a pod has to be ready before it counts as available. Default 0."),
        One("ordinals", () => StatefulSetOrdinals, "How the pods are numbered."),
        Int("revisionHistoryLimit", "How many old templates are kept for a rollback, beside those that pods still have. Default 10."),
        One("persistentVolumeClaimRetentionPolicy", () => ClaimRetention, "What becomes of the claims of pods that are no more."),
        Many("volumeClaimTemplates", () => StorageTypes.NamedClaim, "Claims that each pod has of its own, named TEMPLATE-SET-NUMBER, and found by it again; each is a volume of the template's name. Cannot be changed."));

    private static ObjectType ClaimRetention { get; } = new(
        "StatefulSetPersistentVolumeClaimRetentionPolicy", "What becomes of the claims of a StatefulSet.",
        Text("whenDeleted", "When the set is deleted. Default Retain: they stay.").OneOf("Retain", "Delete"),
        Text("whenScaled", "When there are fewer pods. Default Retain: they stay.").OneOf("Retain", "Delete"));

    private static ObjectType StatefulSetUpdateStrategy { get; } = new(
        "StatefulSetUpdateStrategy", "How pods of a StatefulSet are replaced.",
        Text("type", "OnDelete: only when somebody deletes them. Default RollingUpdate: one after the other, from the highest number down, each when the one before is ready.").OneOf("RollingUpdate", "OnDelete"),
        One("rollingUpdate", () => StatefulSetRollingUpdate, "Limits of a rolling update."));

    private static ObjectType StatefulSetRollingUpdate { get; } = new(
        "StatefulSetRollingUpdate", "Limits of a rolling update.",
        Int("partition", "Pods whose number, counted from ordinals.start, is lower keep the old template, and come back with it. Default 0."),
        IntOrString("maxUnavailable", "How many pods may be unavailable meanwhile: a number, or a percentage of replicas, rounded down, at least 1. They are made again in order, unless podManagementPolicy is Parallel. Default 1."));

    private static ObjectType StatefulSetOrdinals { get; } = new(
        "StatefulSetOrdinals", "How the pods of a StatefulSet are numbered.",
        Int("start", "The first number. Default 0."));

    private static ObjectType StatefulSetStatus { get; } = new(
        "StatefulSetStatus", "State of a StatefulSet.",
        Long("observedGeneration", "The metadata.generation this is about."),
        Int("replicas", "Its pods."),
        Int("readyReplicas", "Of them, those that are ready."),
        Int("currentReplicas", "Of them, those made from the template of currentRevision."),
        Int("updatedReplicas", "Of them, those made from the template of updateRevision."),
        Text("currentRevision", "Name of the template that all pods had."),
        Text("updateRevision", "Name of the present template."),
        Int("collisionCount", "Not used."),
        Many("conditions", () => WorkloadCondition, "Conditions.", "type"),
        Int("availableReplicas", "Of them, those ready for minReadySeconds."));

    public static ObjectType ControllerRevision { get; } = new(
        "ControllerRevision", "A template that a StatefulSet or DaemonSet has or had; written by the daemon.",
        Text("apiVersion", "\"apps/v1\".").Required(),
        Text("kind", "\"ControllerRevision\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        Any("data", "The template, as the patch that brings it back. Cannot be changed.").Required(),
        Long("revision", "Its number; the highest is that of the present template.").Required());

    public static ObjectType PodTemplateSpec { get; } = new(
        "PodTemplateSpec", "What pods are made from.",
        One("metadata", () => MetaTypes.ObjectMeta, "Labels and annotations of the pods."),
        One("spec", () => PodTypes.PodSpec, "What the pods should be.").Required());

    public static ObjectType WorkloadCondition { get; } = new(
        "WorkloadCondition", "A condition of a workload.",
        Text("type", "What it is about."),
        Text("status", "True, False or Unknown."),
        Text("reason", "Why, in a word."),
        Text("message", "Why, in a sentence."),
        Time("lastProbeTime", "When it was looked at last."),
        Time("lastUpdateTime", "When it was written last."),
        Time("lastTransitionTime", "When status changed last."));
}

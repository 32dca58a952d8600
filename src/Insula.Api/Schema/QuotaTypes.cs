using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of LimitRanges and ResourceQuotas (core/v1).</summary>
internal static class QuotaTypes
{
    public static ObjectType LimitRange { get; } = new(
        "LimitRange", "What pods and claims of its namespace may request at least and at most, and what containers get that say nothing. It holds for objects that are made from then on.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"LimitRange\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => LimitSpec, "The limits."));

    private static ObjectType LimitSpec { get; } = new(
        "LimitRangeSpec", "The limits.",
        Many("limits", () => LimitItem, "At most one of each type.").Required());

    private static ObjectType LimitItem { get; } = new(
        "LimitRangeItem", "The limits of one type of object.",
        Text("type", "Container: each of them, init containers too. Pod: its containers together. PersistentVolumeClaim: the storage it requests.").Required().OneOf("Container", "Pod", "PersistentVolumeClaim"),
        QuantityMap("max", "The most that may be requested and be the limit: cpu, memory, ephemeral-storage and hugepages-SIZE, of a claim storage. Who has no limit is refused."),
        QuantityMap("min", "The least that must be requested."),
        QuantityMap("default", "Limits of containers that have none; where not given, max."),
        QuantityMap("defaultRequest", "Requests of containers that have none; where not given, default, or else min."),
        QuantityMap("maxLimitRequestRatio", "How many times its request a limit may be."));

    public static ObjectType ResourceQuota { get; } = new(
        "ResourceQuota", "How much the objects of its namespace may have together. Who would exceed it is refused; controllers try again when there is room.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"ResourceQuota\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => QuotaSpec, "How much."),
        One("status", () => QuotaStatus, "How much of it is used; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType QuotaSpec { get; } = new(
        "ResourceQuotaSpec", "How much, and of which pods.",
        QuantityMap("hard", "The most of: requests.cpu, requests.memory (or cpu, memory), limits.cpu, limits.memory, which each container must then name; the same of ephemeral-storage; hugepages-SIZE, or requests.hugepages-SIZE; pods that have not ended; services, services.nodeports, services.loadbalancers, configmaps, secrets, replicationcontrollers, resourcequotas, persistentvolumeclaims, requests.storage, CLASS.storageclass.storage.k8s.io/requests.storage and …/persistentvolumeclaims; count/KINDS.GROUP of any kind."),
        Texts("scopes", "Which pods count; all must be met. Terminating: with an activeDeadlineSeconds. BestEffort: without requests and limits of cpu and memory, only pods can be limited. Cannot be changed.").OneOf("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass")
            .Except("CrossNamespacePodAffinity", "affinity of pods means nothing on one machine").Except("VolumeAttributesClass", NotYet),
        One("scopeSelector", () => Selector, "The same with operators and values."));

    private static ObjectType Selector { get; } = new(
        "ScopeSelector", "Which pods count.",
        Many("matchExpressions", () => Requirement, "Conditions; all must hold."));

    private static ObjectType Requirement { get; } = new(
        "ScopedResourceSelectorRequirement", "A condition on pods that count.",
        Text("scopeName", "The scope, as in scopes.").Required(),
        Text("operator", "Exists; for PriorityClass also In, NotIn, DoesNotExist.").Required().OneOf("In", "NotIn", "Exists", "DoesNotExist"),
        Texts("values", "For In and NotIn: names of PriorityClasses."));

    private static ObjectType QuotaStatus { get; } = new(
        "ResourceQuotaStatus", "How much of a quota is used.",
        QuantityMap("hard", "The most of each resource."),
        QuantityMap("used", "What is used of each."));
}

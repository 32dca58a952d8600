using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of the other supported kinds (core/v1).</summary>
internal static class OtherTypes
{
    public static ObjectType Namespace { get; } = new(
        "Namespace", "A scope for names.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"Namespace\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => NamespaceSpec, "What the namespace should be."),
        One("status", () => NamespaceStatus, "What the namespace is; written by the daemon, ignored in manifests.").ReadOnly());

    public static ObjectType Event { get; } = new(
        "Event", "Something that happened to an object.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"Event\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("involvedObject", () => ObjectReference, "The object it is about.").Required(),
        Text("type", "Normal or Warning."),
        Text("reason", "One CamelCase word, e.g. Started."),
        Text("message", "Text for people."),
        One("source", () => EventSource, "Who reports."),
        Time("firstTimestamp", "When it happened first."),
        Time("lastTimestamp", "When it happened last."),
        Int("count", "How often it happened."),
        Time("eventTime", "When it happened, to the microsecond."),
        One("series", () => EventSeries, "Data about repeats."),
        Text("action", "What was done."),
        One("related", () => ObjectReference, "A second object."),
        Text("reportingComponent", "Name of the reporting controller."),
        Text("reportingInstance", "Its instance."));

    public static ObjectType ConfigMap { get; } = new(
        "ConfigMap", "Texts and files for pods.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"ConfigMap\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        TextMap("data", "Texts by key. A key is of letters, digits, '-', '_' and '.'; all together at most 1 MiB."),
        TextMap("binaryData", "Bytes by key, in base64; no key may also be in data."),
        Bool("immutable", "true: the data can never change, and this cannot be taken back."));

    public static ObjectType Secret { get; } = new(
        "Secret", "Confidential data for pods.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"Secret\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        Text("type", "What it is for, and so which keys it must have. Default Opaque: any. Cannot be changed."),
        TextMap("data", "Bytes by key, in base64. A key is of letters, digits, '-', '_' and '.'; all together at most 1 MiB.").Confidential(),
        TextMap("stringData", "Texts by key, which become data; never shown.").Confidential(),
        Bool("immutable", "true: the data can never change, and this cannot be taken back."));

    public static ObjectType PriorityClass { get; } = new(
        "PriorityClass", "A priority with a name. Pods that do not fit the machine get places by their priority, and may displace those that have less.",
        Text("apiVersion", "\"scheduling.k8s.io/v1\".").Required(),
        Text("kind", "\"PriorityClass\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        Int("value", "The priority of its pods, at most 1000000000. Cannot be changed.").Required(),
        Bool("globalDefault", "Whether pods that name no class are of this one. Of several such, the one of the least value counts."),
        Text("description", "What it is for."),
        Text("preemptionPolicy", "Never: its pods wait for room, before others of less priority, but displace nobody. Default PreemptLowerPriority. Cannot be changed.").OneOf("PreemptLowerPriority", "Never"));

    /// <summary>Kinds that are stored without being interpreted: only metadata is read strictly.</summary>
    public static ObjectType Stored { get; } = new(
        "Object", "An object that is kept as it is.",
        Text("apiVersion", "Group and version.").Required(),
        Text("kind", "Kind.").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required());

    private static ObjectType NamespaceSpec { get; } = new(
        "NamespaceSpec", "What a namespace should be.",
        Texts("finalizers", "Names that keep a deleted namespace until each has been removed."));

    private static ObjectType NamespaceStatus { get; } = new(
        "NamespaceStatus", "State of a namespace.",
        Text("phase", "Active or Terminating."),
        Many("conditions", () => NamespaceCondition, "Why a deletion is not finished.", "type"));

    private static ObjectType NamespaceCondition { get; } = new(
        "NamespaceCondition", "A condition of a namespace.",
        Text("type", "What it is about."),
        Text("status", "True, False or Unknown."),
        Time("lastTransitionTime", "When status last changed."),
        Text("reason", "One word."),
        Text("message", "Text for people."));

    public static ObjectType ObjectReference { get; } = new(
        "ObjectReference", "A reference to an object.",
        Text("kind", "Kind."),
        Text("namespace", "Namespace."),
        Text("name", "Name."),
        Text("uid", "UID."),
        Text("apiVersion", "API version."),
        Text("resourceVersion", "Version."),
        Text("fieldPath", "Part of the object."));

    private static ObjectType EventSource { get; } = new(
        "EventSource", "Who reports an event.",
        Text("component", "The component."),
        Text("host", "The machine."));

    private static ObjectType EventSeries { get; } = new(
        "EventSeries", "Repeats of an event.",
        Int("count", "How often."),
        Time("lastObservedTime", "When last."));
}

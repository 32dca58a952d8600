using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of metadata and of selectors (meta/v1).</summary>
internal static class MetaTypes
{
    public static ObjectType ObjectMeta { get; } = new(
        "ObjectMeta", "What every object has: its name, its labels, and what the store knows of it.",
        Text("name", "Name, unique within the namespace and the kind. Cannot be changed."),
        Text("generateName", "Prefix from which a name is made when none is given."),
        Text("namespace", "Namespace of the object; \"default\" when empty."),
        TextMap("labels", "Keys and values by which selectors find the object."),
        TextMap("annotations", "Keys and values for people and tools; of a pod, kubernetes.io/ingress-bandwidth and kubernetes.io/egress-bandwidth limit its network where a plug-in heeds them."),
        Texts("finalizers", "Names that keep a deleted object until each has been removed.").MergedByValue(),
        Many("ownerReferences", () => OwnerReference, "Objects this one belongs to; kept as given.", "uid"),
        Text("uid", "Set by the server; never used again.").ReadOnly(),
        Text("resourceVersion", "Set by the server at each change; an update that gives an old one is refused.").ReadOnly(),
        Long("generation", "Counts changes of the spec.").ReadOnly(),
        Time("creationTimestamp", "When the server accepted the object.").ReadOnly(),
        Time("deletionTimestamp", "When deletion was asked for.").ReadOnly(),
        Long("deletionGracePeriodSeconds", "Seconds of grace the deletion gives.").ReadOnly(),
        Text("selfLink", "Deprecated in Kubernetes; not used.").ReadOnly(),
        Any("managedFields", "Which client owns which field; kept as given, not interpreted.").ReadOnly());

    public static ObjectType OwnerReference { get; } = new(
        "OwnerReference", "An object that owns this one.",
        Text("apiVersion", "API version of the owner.").Required(),
        Text("kind", "Kind of the owner.").Required(),
        Text("name", "Name of the owner.").Required(),
        Text("uid", "UID of the owner.").Required(),
        Bool("controller", "Whether the owner manages this object."),
        Bool("blockOwnerDeletion", "Whether a foreground deletion of the owner waits for this object."));

    public static ObjectType LabelSelector { get; } = new(
        "LabelSelector", "Chooses objects by their labels; all conditions must hold.",
        TextMap("matchLabels", "Labels that must have these values."),
        Many("matchExpressions", () => LabelSelectorRequirement, "Further conditions."));

    private static ObjectType LabelSelectorRequirement { get; } = new(
        "LabelSelectorRequirement", "A condition on one label.",
        Text("key", "The label.").Required(),
        Text("operator", "How it is compared.").Required().OneOf("In", "NotIn", "Exists", "DoesNotExist"),
        Texts("values", "Values for In and NotIn."));
}

using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of the machine's object (core/v1).</summary>
internal static class NodeTypes
{
    private const string NoConfig = "the daemon has its options";

    public static ObjectType Node { get; } = new(
        "Node", "The machine. There is one, which the daemon makes and keeps true; it cannot be created or deleted.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"Node\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows. Labels of its own do not decide on pods.").Required(),
        One("spec", () => Spec, "Whether it takes pods."),
        One("status", () => Status, "What it has and how it is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType Spec { get; } = new(
        "NodeSpec", "What is wanted of the machine.",
        Bool("unschedulable", "true: it takes no further pods (insula cordon), but for static ones, DaemonSets' and those that tolerate the taint. Pods that have a place keep it."),
        Many("taints", () => Taint, "node.kubernetes.io/unschedulable:NoSchedule while unschedulable is true, and those of memory-pressure, disk-pressure and pid-pressure with the conditions; set by the daemon, and there can be no others."),
        Text("podCIDR", "The range of the pods' addresses, from the option pod-range."),
        Texts("podCIDRs", "The same, of each family of addresses.").MergedByValue(),
        Text("providerID", "The machine as its provider names it.").Refused(),
        Any("configSource", "Where a kubelet has its configuration; removed from Kubernetes.").Refused(NoConfig),
        Text("externalID", "Deprecated.").Refused(NoConfig));

    private static ObjectType Taint { get; } = new(
        "Taint", "What keeps pods away that do not tolerate it.",
        Text("key", "Its name.").Required(),
        Text("value", "Its value."),
        Text("effect", "What it does.").Required().OneOf("NoSchedule", "PreferNoSchedule", "NoExecute"));

    private static ObjectType Status { get; } = new(
        "NodeStatus", "What the machine has and how it is.",
        QuantityMap("capacity", "What it has: cpu, memory, pods, and ephemeral-storage: the size of the daemon's disk."),
        QuantityMap("allocatable", "What of it pods can request together: the rest is the system's (option system-reserved; of ephemeral-storage a tenth)."),
        Many("conditions", () => Condition, "Ready; MemoryPressure, DiskPressure and PIDPressure: the machine has less left than the option eviction-hard wants, and until eviction-pressure-transition-period after. Pods are evicted until it has enough again. Under the first, pods of the class BestEffort get no place; under the others only critical ones do.", "type"),
        Many("addresses", () => Address, "How it is reached.", "type"),
        One("nodeInfo", () => Info, "What it is."));

    private static ObjectType Condition { get; } = new(
        "NodeCondition", "A condition of the machine.",
        Text("type", "What it is about."),
        Text("status", "True, False or Unknown."),
        Time("lastHeartbeatTime", "When it was written last: with a change of any condition, and when the daemon starts."),
        Time("lastTransitionTime", "When the status last changed."),
        Text("reason", "One word."),
        Text("message", "Text for people."));

    private static ObjectType Address { get; } = new(
        "NodeAddress", "An address of the machine.",
        Text("type", "InternalIP or Hostname."),
        Text("address", "The address."));

    private static ObjectType Info { get; } = new(
        "NodeSystemInfo", "What the machine is.",
        Text("machineID", "machine-id(5)."),
        Text("systemUUID", "The hardware's id by DMI; empty where there is none."),
        Text("bootID", "The kernel's id of this boot."),
        Text("kernelVersion", "The kernel's release."),
        Text("osImage", "PRETTY_NAME of os-release(5)."),
        Text("containerRuntimeVersion", "What runs containers, and its version."),
        Text("kubeletVersion", "The version of the daemon, which does a kubelet's work."),
        Text("kubeProxyVersion", "Deprecated, and always empty."),
        Text("operatingSystem", "linux."),
        Text("architecture", "As images name it."));
}

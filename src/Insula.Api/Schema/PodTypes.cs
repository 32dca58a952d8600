using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of a pod and its spec (core/v1, as of Kubernetes 1.35).</summary>
internal static class PodTypes
{
    private const string OneMachine = "there is one machine and no scheduler";

    public static ObjectType Pod { get; } = new(
        "Pod", "A group of containers that share network, IPC and host name, and live and die together.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"Pod\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => PodSpec, "What the pod should be.").Required(),
        One("status", () => PodStatusTypes.PodStatus, "What the pod is; written by the daemon, ignored in manifests.").ReadOnly());

    public static ObjectType PodSpec { get; } = new(
        "PodSpec", "What a pod should be.",
        Many("containers", () => ContainerTypes.Container, "The containers; at least one.", "name").Required(),
        Many("initContainers", () => ContainerTypes.InitContainer, "Containers that run one after another before the others start.", "name"),
        Many("ephemeralContainers", () => ContainerTypes.EphemeralContainer, "Containers added to a running pod for debugging, by its subresource ephemeralcontainers alone; they can be neither changed nor removed.", "name"),
        Many("volumes", () => VolumeTypes.Volume, "Volumes that the containers can mount.", "name").RetainsKeys(),
        Text("restartPolicy", "What happens when a container ends. Default Always.").OneOf("Always", "OnFailure", "Never"),
        Long("terminationGracePeriodSeconds", "Seconds between the stop signal and the kill. Default 30."),
        Long("activeDeadlineSeconds", "Seconds after which the pod is ended and fails, counted from status.startTime. May be set or shortened later."),
        Text("hostname", "Host name inside the pod. Default the pod's name."),
        Text("subdomain", "Makes the pod's full name hostname.subdomain.namespace.svc.domain."),
        Bool("setHostnameAsFQDN", "Whether the host name inside the pod is the full name. Default false."),
        Text("hostnameOverride", "A host name that overrides all others.").Refused(NotYet, ""),
        Text("dnsPolicy", "Where /etc/resolv.conf comes from. Default ClusterFirst: names of Services first, the host's servers for all others. On the host's network it acts as Default; ClusterFirstWithHostNet does not.").OneOf("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        One("dnsConfig", () => PodDnsConfig, "Name servers and options that join those of dnsPolicy."),
        Many("hostAliases", () => HostAlias, "Lines added to /etc/hosts.", "ip"),
        Bool("hostNetwork", "Use the host's network instead of one of the pod's own. Default false."),
        Bool("hostPID", "See the host's processes. Default false."),
        Bool("hostIPC", "Use the host's IPC objects. Default false."),
        Bool("hostUsers", "false gives the pod a user namespace of its own: ids 0 to 65535 inside are others on the machine, root is nobody there and its capabilities act on the pod alone. Excludes hostNetwork, hostPID and hostIPC; file systems of volumes must support idmapped mounts. Default true."),
        Bool("shareProcessNamespace", "All containers see each other's processes. Default false."),
        One("securityContext", () => SecurityTypes.PodSecurityContext, "Security settings for all containers."),
        Bool("enableServiceLinks", "Whether the Services of the namespace that have addresses when a container starts appear as its variables (WEB_SERVICE_HOST, WEB_SERVICE_PORT, WEB_PORT_80_TCP, …). Default true."),
        One("os", () => PodOS, "The operating system the pod is for."),
        Many("imagePullSecrets", () => LocalObjectReference, "Secrets with registry credentials, of the type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg.", "name"),
        One("resources", () => ContainerTypes.PodResourceRequirements, "Limits and requests of cpu and memory of the pod as a whole, beside those of its containers or in place of them."),
        Many("readinessGates", () => PodReadinessGate, "Further conditions for the pod to be ready, which others set in its status."),
        Many("schedulingGates", () => PodSchedulingGate, "Gates that hold the pod back until they are removed.", "name").Refused(),
        Many("resourceClaims", () => PodResourceClaim, "Claims of dynamically allocated devices.", "name").RetainsKeys().Refused(),
        Text("serviceAccountName", "Identity towards a Kubernetes API.").Meaningless("pods have no identity towards the API"),
        Text("serviceAccount", "Deprecated name of serviceAccountName.").Meaningless("pods have no identity towards the API"),
        Bool("automountServiceAccountToken", "Whether the identity's token is mounted.").Meaningless("pods have no identity towards the API") with { Harmless = ["false"] },
        Text("nodeName", "The machine the pod is to run on.").Meaningless(OneMachine),
        TextMap("nodeSelector", "Labels of the machines the pod may run on.").Meaningless(OneMachine),
        One("affinity", () => SchedulingTypes.Affinity, "Which machines and neighbours the pod prefers.").Meaningless(OneMachine),
        Many("tolerations", () => SchedulingTypes.Toleration, "Taints the pod tolerates. The machine can have one, node.kubernetes.io/unschedulable:NoSchedule, while it is cordoned: a pod that was created tolerating it gets a place all the same."),
        Many("topologySpreadConstraints", () => SchedulingTypes.TopologySpreadConstraint, "How pods spread over machines.", "topologyKey").Meaningless(OneMachine),
        Text("schedulerName", "The scheduler that places the pod.").Meaningless(OneMachine) with { Harmless = ["\"default-scheduler\""] },
        Text("priorityClassName", "The PriorityClass that says who gets a place first where the machine has not room for all."),
        Int("priority", "The priority of that class; set by the daemon, and refused when it says something else."),
        Text("preemptionPolicy", "Whether the pod may displace others of less priority; set by the daemon from the class.").OneOf("Never", "PreemptLowerPriority"),
        Text("runtimeClassName", "The runtime that runs the pod.").Meaningless("there is one runtime"),
        QuantityMap("overhead", "Resources the runtime itself needs.").Meaningless("there is one runtime, and its needs are not the pod's"),
        One("workloadRef", () => SchedulingTypes.WorkloadReference, "The workload the pod is scheduled with.").Meaningless(OneMachine));

    private static ObjectType PodDnsConfig { get; } = new(
        "PodDNSConfig", "DNS settings.",
        Texts("nameservers", "Addresses of name servers, at most 3."),
        Texts("searches", "Domains tried for short names, at most 32."),
        Many("options", () => PodDnsConfigOption, "Options of the resolver, as resolv.conf(5) has them."));

    private static ObjectType PodDnsConfigOption { get; } = new(
        "PodDNSConfigOption", "An option of the resolver.",
        Text("name", "Its name, e.g. ndots.").Required(),
        Text("value", "Its value; empty for options that are only on or off."));

    private static ObjectType HostAlias { get; } = new(
        "HostAlias", "A line of /etc/hosts.",
        Text("ip", "The address.").Required(),
        Texts("hostnames", "The names."));

    private static ObjectType PodOS { get; } = new(
        "PodOS", "An operating system.",
        Text("name", "Its name.").Required().OneOf("linux", "windows").Except("windows", "this machine runs Linux"));

    private static ObjectType LocalObjectReference { get; } = new(
        "LocalObjectReference", "An object in the pod's namespace.",
        Text("name", "Its name."));

    private static ObjectType PodReadinessGate { get; } = new(
        "PodReadinessGate", "A condition the pod needs for being ready.",
        Text("conditionType", "Type of the condition.").Required());

    private static ObjectType PodSchedulingGate { get; } = new(
        "PodSchedulingGate", "A gate that holds the pod back.",
        Text("name", "Its name.").Required());

    private static ObjectType PodResourceClaim { get; } = new(
        "PodResourceClaim", "A claim of a device.",
        Text("name", "Name inside the pod.").Required(),
        Text("resourceClaimName", "Name of a ResourceClaim."),
        Text("resourceClaimTemplateName", "Name of a ResourceClaimTemplate."));
}

using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Insula.Api.Nodes;
using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>What a pod should be (core/v1 PodSpec).</summary>
public sealed record PodSpec
{
    /// <summary>Volumes that containers can mount.</summary>
    public IReadOnlyList<Volume> Volumes { get; init => field = value ?? []; } = [];

    /// <summary>Containers that run one after another before the others.</summary>
    public IReadOnlyList<Container> InitContainers { get; init => field = value ?? []; } = [];

    /// <summary>The containers.</summary>
    public IReadOnlyList<Container> Containers { get; init => field = value ?? []; } = [];

    /// <summary>Containers added to the running pod for debugging.</summary>
    public IReadOnlyList<Container> EphemeralContainers { get; init => field = value ?? []; } = [];

    /// <summary>Always (default), OnFailure or Never; see RestartPolicies.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>Seconds between the stop signal and the kill; default 30.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>Seconds the pod may be active before it is failed.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>ClusterFirst (default), ClusterFirstWithHostNet, Default or None; see DnsPolicies.</summary>
    public string? DnsPolicy { get; init; }

    /// <summary>No meaning on one machine.</summary>
    public IReadOnlyDictionary<string, string> NodeSelector { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>No meaning here; kept as given.</summary>
    public string? ServiceAccountName { get; init; }

    /// <summary>Old name of serviceAccountName.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>No meaning here; kept as given.</summary>
    public bool? AutomountServiceAccountToken { get; init; }

    /// <summary>The node that runs the pod; set by the daemon.</summary>
    public string? NodeName { get; init; }

    /// <summary>Whether the pod uses the host's network namespace.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostNetwork { get; init; }

    /// <summary>Whether the pod uses the host's PID namespace.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostPID { get; init; }

    /// <summary>Whether the pod uses the host's IPC namespace.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostIPC { get; init; }

    /// <summary>Whether the containers share one PID namespace.</summary>
    public bool? ShareProcessNamespace { get; init; }

    /// <summary>Security settings for all containers.</summary>
    public PodSecurityContext? SecurityContext { get; init; }

    /// <summary>Secrets with registry credentials.</summary>
    public IReadOnlyList<LocalObjectReference> ImagePullSecrets { get; init => field = value ?? []; } = [];

    /// <summary>Host name; default the pod's name.</summary>
    public string? Hostname { get; init; }

    /// <summary>Gives the pod the name hostname.subdomain.namespace.svc.domain.</summary>
    public string? Subdomain { get; init; }

    /// <summary>No meaning on one machine.</summary>
    public JsonNode? Affinity { get; init; }

    /// <summary>No meaning on one machine.</summary>
    public string? SchedulerName { get; init; }

    /// <summary>Taints of the machine that do not keep the pod away.</summary>
    public IReadOnlyList<Toleration> Tolerations { get; init => field = value ?? []; } = [];

    /// <summary>Lines added to /etc/hosts.</summary>
    public IReadOnlyList<HostAlias> HostAliases { get; init => field = value ?? []; } = [];

    /// <summary>The class that gives the priority.</summary>
    public string? PriorityClassName { get; init; }

    /// <summary>Who has more gets a place first; set from the class.</summary>
    public int? Priority { get; init; }

    /// <summary>DNS settings that join or replace those of dnsPolicy.</summary>
    public PodDnsConfig? DnsConfig { get; init; }

    /// <summary>Further conditions for Ready.</summary>
    public IReadOnlyList<PodReadinessGate> ReadinessGates { get; init => field = value ?? []; } = [];

    /// <summary>No meaning here.</summary>
    public string? RuntimeClassName { get; init; }

    /// <summary>Whether services appear as environment variables; default true.</summary>
    public bool? EnableServiceLinks { get; init; }

    /// <summary>Whether the pod may displace others of less priority; set from the class.</summary>
    public string? PreemptionPolicy { get; init; }

    /// <summary>No meaning here.</summary>
    public IReadOnlyDictionary<string, Quantity> Overhead { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>No meaning on one machine.</summary>
    public JsonNode? TopologySpreadConstraints { get; init; }

    /// <summary>Whether the host name is the fully qualified one.</summary>
    public bool? SetHostnameAsFQDN { get; init; }

    /// <summary>The operating system the pod is for.</summary>
    public JsonNode? Os { get; init; }

    /// <summary>false puts the pod into a user namespace of its own.</summary>
    public bool? HostUsers { get; init; }

    /// <summary>Gates that hold the pod back.</summary>
    public JsonNode? SchedulingGates { get; init; }

    /// <summary>Claims of dynamic resources.</summary>
    public JsonNode? ResourceClaims { get; init; }

    /// <summary>Resources of the pod as a whole.</summary>
    public ResourceRequirements? Resources { get; init; }

    /// <summary>A host name that overrides all others.</summary>
    public string? HostnameOverride { get; init; }

    /// <summary>Reference to a workload for gang scheduling.</summary>
    public JsonNode? WorkloadRef { get; init; }
}

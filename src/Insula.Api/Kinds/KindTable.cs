using System.Collections.Frozen;

namespace Insula.Api.Kinds;

/// <summary>All kinds that Insula knows: supported, stored with a warning, or refused with the reason.</summary>
public static class KindTable
{
    private const string NotYet = "not supported yet";
    private const string NoAccessControl = "access is decided by the permissions of the daemon's socket";
    private const string OneMachine = "it has no meaning on one machine";

    /// <summary>The table, in the order the documentation shows it.</summary>
    public static IReadOnlyList<KindInfo> All { get; } =
    [
        Core("Pod", "pods", KindSupport.Supported, "", "po"),
        Core("Node", "nodes", KindSupport.Supported, "", "no") with { Namespaced = false },
        Core("Event", "events", KindSupport.Supported, "", "ev"),
        Core("Namespace", "namespaces", KindSupport.Supported, "", "ns") with { Namespaced = false },
        Core("ConfigMap", "configmaps", KindSupport.Supported, "", "cm"),
        Core("Secret", "secrets", KindSupport.Supported, ""),
        Core("Service", "services", KindSupport.Supported, "", "svc"),
        Core("Endpoints", "endpoints", KindSupport.Supported, "", "ep"),
        In("discovery.k8s.io", "EndpointSlice", "endpointslices", KindSupport.Supported, ""),
        In("networking.k8s.io", "NetworkPolicy", "networkpolicies", KindSupport.Supported, "", "netpol"),
        In("networking.k8s.io", "Ingress", "ingresses", KindSupport.Supported, "", "ing"),
        In("networking.k8s.io", "IngressClass", "ingressclasses", KindSupport.Supported, "") with { Namespaced = false },
        In("apps", "Deployment", "deployments", KindSupport.Supported, "", "deploy"),
        In("apps", "ReplicaSet", "replicasets", KindSupport.Supported, "", "rs"),
        In("apps", "StatefulSet", "statefulsets", KindSupport.Supported, "", "sts"),
        In("apps", "DaemonSet", "daemonsets", KindSupport.Supported, "", "ds"),
        In("apps", "ControllerRevision", "controllerrevisions", KindSupport.Supported, ""),
        Core("ReplicationController", "replicationcontrollers", KindSupport.Supported, "", "rc"),
        In("batch", "Job", "jobs", KindSupport.Supported, ""),
        In("batch", "CronJob", "cronjobs", KindSupport.Supported, "", "cj"),
        Core("ResourceQuota", "resourcequotas", KindSupport.Supported, "", "quota"),
        Core("LimitRange", "limitranges", KindSupport.Supported, "", "limits"),
        Core("PersistentVolumeClaim", "persistentvolumeclaims", KindSupport.Supported, "", "pvc"),
        Core("PersistentVolume", "persistentvolumes", KindSupport.Supported, "", "pv") with { Namespaced = false },
        In("storage.k8s.io", "StorageClass", "storageclasses", KindSupport.Supported, "", "sc") with { Namespaced = false },
        In("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", KindSupport.Supported, "", "hpa") with { Version = "v2" },
        In("policy", "PodDisruptionBudget", "poddisruptionbudgets", KindSupport.Supported, "", "pdb"),
        In("scheduling.k8s.io", "PriorityClass", "priorityclasses", KindSupport.Supported, "", "pc") with { Namespaced = false },

        Core("ServiceAccount", "serviceaccounts", KindSupport.Stored, NoAccessControl, "sa"),
        In("rbac.authorization.k8s.io", "Role", "roles", KindSupport.Stored, NoAccessControl),
        In("rbac.authorization.k8s.io", "RoleBinding", "rolebindings", KindSupport.Stored, NoAccessControl),
        In("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", KindSupport.Stored, NoAccessControl) with { Namespaced = false },
        In("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", KindSupport.Stored, NoAccessControl) with { Namespaced = false },
        In("node.k8s.io", "RuntimeClass", "runtimeclasses", KindSupport.Stored, "there is one runtime") with { Namespaced = false },

        Core("PodTemplate", "podtemplates", KindSupport.Refused, NotYet),
        In("storage.k8s.io", "CSIDriver", "csidrivers", KindSupport.Refused, NotYet) with { Namespaced = false },
        In("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", KindSupport.Refused, "objects of other kinds need controllers that Insula has not", "crd") with { Namespaced = false },
    ];

    private static readonly FrozenDictionary<string, KindInfo> _byKind = All.ToFrozenDictionary(k => k.ApiVersion + "/" + k.Kind);
    private static readonly FrozenDictionary<string, KindInfo> _byWord = Words().ToFrozenDictionary();

    /// <summary>The kind of a manifest's apiVersion and kind; null when unknown.</summary>
    public static KindInfo? Find(string apiVersion, string kind) => _byKind.GetValueOrDefault(apiVersion + "/" + kind);

    /// <summary>
    /// The kind that a word on the command line means: pods, pod, po, Pod, deployments.apps; null when none.
    /// Letter case does not matter.
    /// </summary>
    public static KindInfo? FindByWord(string word) => _byWord.GetValueOrDefault(word.ToLowerInvariant());

    /// <summary>The kind of a resource in a path, e.g. ("", "v1", "pods"); null when unknown.</summary>
    public static KindInfo? FindResource(string group, string version, string plural) =>
        _byWord.GetValueOrDefault(group.Length == 0 ? plural : plural + "." + group) is { } kind && kind.Plural == plural
            && kind.Version == version && kind.Group == group ? kind : null;

    /// <summary>The closest known kind to a misspelt one; null when none is close.</summary>
    public static string? Suggest(string kind) => Suggestions.Closest(kind, All.Select(k => k.Kind));

    private static KindInfo Core(string kind, string plural, KindSupport support, string reason, params string[] shortNames) =>
        new() { Kind = kind, Plural = plural, Support = support, Reason = reason, ShortNames = shortNames };

    private static KindInfo In(string group, string kind, string plural, KindSupport support, string reason, params string[] shortNames) =>
        Core(kind, plural, support, reason, shortNames) with { Group = group };

    private static Dictionary<string, KindInfo> Words()
    {
        var words = new Dictionary<string, KindInfo>();
        foreach (var kind in All)
        {
            foreach (var word in kind.ShortNames.Append(kind.Plural).Append(kind.Singular).Append(kind.QualifiedPlural))
            {
                words[word] = kind;
            }
        }

        return words;
    }
}

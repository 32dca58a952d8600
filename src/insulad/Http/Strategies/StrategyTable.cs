using Insula.Api.Autoscaling;
using Insula.Api.Disruptions;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Workloads;

namespace Insulad.Http.Strategies;

/// <summary>The strategies of all kinds that are served.</summary>
internal static class StrategyTable
{
    public static IReadOnlyList<ResourceStrategy> All { get; } = [.. KindTable.All.Where(k => k.Support != KindSupport.Refused).Select(Create)];

    /// <summary>The strategy of a resource in a path; null when there is none.</summary>
    public static ResourceStrategy? Find(string group, string version, string plural) =>
        All.FirstOrDefault(s => s.Kind.Plural == plural && s.Kind.Group == group && s.Kind.Version == version);

    private static ResourceStrategy Create(KindInfo kind) => (kind.Group, kind.Plural) switch
    {
        ("", "pods") => new PodStrategy(kind),
        ("", "nodes") => new NodeStrategy(kind),
        ("", "events") => new EventStrategy(kind),
        ("", "namespaces") => new NamespaceStrategy(kind),
        ("", "configmaps") => new ConfigMapStrategy(kind),
        ("", "secrets") => new SecretStrategy(kind),
        ("", "services") => new ServiceStrategy(kind),
        ("", "endpoints") => new EndpointsStrategy(kind),
        ("discovery.k8s.io", "endpointslices") => new EndpointSliceStrategy(kind),
        ("networking.k8s.io", "networkpolicies") => new NetworkPolicyStrategy(kind),
        ("networking.k8s.io", "ingresses") => new IngressStrategy(kind),
        ("networking.k8s.io", "ingressclasses") => new IngressClassStrategy(kind),
        ("apps", "deployments") => new WorkloadStrategy(kind, WorkloadDefaults.Deployment, d => WorkloadValidation.Validate(ApiJson.Read<Deployment>(d))),
        ("apps", "replicasets") => new WorkloadStrategy(kind, WorkloadDefaults.ReplicaSet, d => WorkloadValidation.Validate(ApiJson.Read<ReplicaSet>(d))),
        ("", "replicationcontrollers") => new WorkloadStrategy(kind, WorkloadDefaults.ReplicationController, d => WorkloadValidation.Validate(ApiJson.Read<ReplicationController>(d))),
        ("apps", "daemonsets") => new WorkloadStrategy(kind, WorkloadDefaults.DaemonSet, d => WorkloadValidation.Validate(ApiJson.Read<DaemonSet>(d)), scales: false),
        ("apps", "statefulsets") => new WorkloadStrategy(kind, WorkloadDefaults.StatefulSet, d => WorkloadValidation.Validate(ApiJson.Read<StatefulSet>(d))),
        ("apps", "controllerrevisions") => new ControllerRevisionStrategy(kind),
        ("batch", "jobs") => new JobStrategy(kind),
        ("batch", "cronjobs") => new WorkloadStrategy(kind, JobDefaults.CronJob, d => JobValidation.Validate(ApiJson.Read<CronJob>(d)), scales: false),
        ("", "persistentvolumeclaims") => new ClaimStrategy(kind),
        ("", "persistentvolumes") => new VolumeStrategy(kind),
        ("storage.k8s.io", "storageclasses") => new ClassStrategy(kind),
        ("", "resourcequotas") => new ResourceQuotaStrategy(kind),
        ("", "limitranges") => new LimitRangeStrategy(kind),
        ("autoscaling", "horizontalpodautoscalers") => new WorkloadStrategy(
            kind, AutoscalerDefaults.Set, d => AutoscalerValidation.Validate(ApiJson.Read<HorizontalPodAutoscaler>(d)), scales: false),
        ("policy", "poddisruptionbudgets") => new WorkloadStrategy(kind, WorkloadDefaults.Budget, d => BudgetValidation.Validate(ApiJson.Read<PodDisruptionBudget>(d)), scales: false),
        ("scheduling.k8s.io", "priorityclasses") => new PriorityClassStrategy(kind),
        _ => new StoredStrategy(kind),
    };

    /// <summary>The strategy of a resource as the store names it: <c>pods</c>, <c>replicasets.apps</c>.</summary>
    public static ResourceStrategy Of(string resource) => All.First(s => s.Kind.QualifiedPlural == resource);
}

using Insula.Api.Disruptions;
using Insula.Api.Json;
using Insula.Api.Selectors;
using Insula.Api.Workloads;
using Insula.Workloads.CronJobs;
using Insula.Workloads.DaemonSets;
using Insula.Workloads.Deployments;
using Insula.Workloads.Disruptions;
using Insula.Workloads.Jobs;
using Insula.Workloads.ReplicaSets;
using Insula.Workloads.StatefulSets;
using Insulad.Disruptions;

namespace Insulad.Workloads;

/// <summary>The kinds that have controllers. Those that own pods come first: whoever owns them sees what became of them.</summary>
internal static class WorkloadKinds
{
    public const string Pods = "pods";

    public const string Claims = "persistentvolumeclaims";

    public const string StatefulSets = "statefulsets.apps";

    public const string DaemonSets = "daemonsets.apps";

    /// <summary>The templates that StatefulSets and DaemonSets had.</summary>
    public const string Revisions = "controllerrevisions.apps";

    public const string ReplicaSets = "replicasets.apps";

    public const string Jobs = "jobs.batch";

    public const string Budgets = "poddisruptionbudgets.policy";

    public static IReadOnlyList<WorkloadKind> All { get; } =
    [
        new(
            ReplicaSets, "apps/v1", "ReplicaSet", [Pods],
            o => ApiJson.Read<ReplicaSet>(o.Json.Span) is var set ? new Workload(o, set, set.Metadata, set.Spec.Selector?.ToSelector()) : null!,
            (index, of, failure, now) => ReplicaSetController.Decide(Replicas.Of((ReplicaSet)of.Value), index.PodsFor(of), failure, now)),
        new(
            "replicationcontrollers", "v1", "ReplicationController", [Pods],
            o => ApiJson.Read<ReplicationController>(o.Json.Span) is var rc ? new Workload(o, rc, rc.Metadata, LabelSelector.From(rc.Spec.Selector, [])) : null!,
            (index, of, failure, now) => ReplicaSetController.Decide(Replicas.Of((ReplicationController)of.Value), index.PodsFor(of), failure, now)),
        new(
            DaemonSets, "apps/v1", "DaemonSet", [Pods, Revisions],
            o => ApiJson.Read<DaemonSet>(o.Json.Span) is var set ? new Workload(o, set, set.Metadata, set.Spec.Selector?.ToSelector()) : null!,
            (index, of, failure, now) => DaemonSetController.Decide((DaemonSet)of.Value, index.PodsFor(of), index.RevisionsIn(of.Namespace), failure, now)),
        new(
            StatefulSets, "apps/v1", "StatefulSet", [Pods, Revisions],
            o => ApiJson.Read<StatefulSet>(o.Json.Span) is var set ? new Workload(o, set, set.Metadata, set.Spec.Selector?.ToSelector()) : null!,
            (index, of, failure, now) => StatefulSetController.Decide((StatefulSet)of.Value, index.PodsFor(of), index.ClaimsIn(of.Namespace), index.RevisionsIn(of.Namespace), failure, now)),
        new(
            Jobs, "batch/v1", "Job", [Pods],
            o => ApiJson.Read<Job>(o.Json.Span) is var job ? new Workload(o, job, job.Metadata, job.Spec.Selector?.ToSelector()) : null!,
            (index, of, failure, now) => JobController.Decide((Job)of.Value, index.PodsFor(of), failure, now)),
        new(
            "cronjobs.batch", "batch/v1", "CronJob", [Jobs],
            o => ApiJson.Read<CronJob>(o.Json.Span) is var cron ? new Workload(o, cron, cron.Metadata, null) : null!,
            (index, of, _, now) => CronJobController.Decide(
                (CronJob)of.Value, index.In(Jobs, of.Namespace).Where(j => j.Controller?.Uid == of.Stored.Uid).Select(j => (Job)j.Value), now)),
        new(
            "deployments.apps", "apps/v1", "Deployment", [ReplicaSets],
            o => ApiJson.Read<Deployment>(o.Json.Span) is var deployment ? new Workload(o, deployment, deployment.Metadata, deployment.Spec.Selector?.ToSelector()) : null!,
            (index, of, _, now) => DeploymentController.Decide(
                (Deployment)of.Value,
                index.In(ReplicaSets, of.Namespace).Select(s => new DeploymentReplicas((ReplicaSet)s.Value, index.HasUnfinishedPods(s))),
                now)),
        new(
            Budgets, "policy/v1", "PodDisruptionBudget", [],
            o => ApiJson.Read<PodDisruptionBudget>(o.Json.Span) is var budget ? new Workload(o, budget, budget.Metadata, budget.Spec.Selector?.ToSelector()) : null!,
            (index, of, _, now) => BudgetController.Decide(
                (PodDisruptionBudget)of.Value, index.PodsIn(of.Namespace), owner => BudgetScale.Of(owner, of.Namespace, key => index.Find(key)?.Stored), now)),
    ];

    public static WorkloadKind? Find(string resource) => All.FirstOrDefault(k => k.Resource == resource);
}

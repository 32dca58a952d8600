using Insula.Api.Json;
using Insula.Api.Workloads;
using Insula.Workloads.Deployments;
using Insula.Workloads.ReplicaSets;

namespace Insulad.Workloads;

/// <summary>The kinds that have controllers. Those that own pods come first: whoever owns them sees what became of them.</summary>
internal static class WorkloadKinds
{
    public const string Pods = "pods";

    public const string ReplicaSets = "replicasets.apps";

    public static IReadOnlyList<WorkloadKind> All { get; } =
    [
        new(
            ReplicaSets, "apps/v1", "ReplicaSet", Pods,
            o => ApiJson.Read<ReplicaSet>(o.Json.Span) is var set ? new Workload(o, set, set.Metadata, set.Spec.Selector?.ToSelector()) : null!,
            (index, of, failure, now) => ReplicaSetController.Decide(Replicas.Of((ReplicaSet)of.Value), index.PodsFor(of), failure, now)),
        new(
            "deployments.apps", "apps/v1", "Deployment", ReplicaSets,
            o => ApiJson.Read<Deployment>(o.Json.Span) is var deployment ? new Workload(o, deployment, deployment.Metadata, deployment.Spec.Selector?.ToSelector()) : null!,
            (index, of, _, now) => DeploymentController.Decide(
                (Deployment)of.Value,
                index.In(ReplicaSets, of.Namespace).Select(s => new DeploymentReplicas((ReplicaSet)s.Value, index.HasUnfinishedPods(s))),
                now)),
    ];

    public static WorkloadKind? Find(string resource) => All.FirstOrDefault(k => k.Resource == resource);
}

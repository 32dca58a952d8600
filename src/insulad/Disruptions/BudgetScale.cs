using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Meta;
using Insula.Api.Workloads;
using Insula.Store;
using Insula.Workloads.Disruptions;
using Insulad.Workloads;

namespace Insulad.Disruptions;

/// <summary>Finds the workload for which a pod counts in a budget: of a Deployment's ReplicaSet that is the Deployment.</summary>
internal static class BudgetScale
{
    private const string Deployments = "deployments.apps";

    /// <summary>The workload of a controller; null when it is gone.</summary>
    /// <param name="owner">The controller.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="find">Finds objects.</param>
    public static OwnerScale? Of(OwnerReference owner, string ns, Func<ObjectKey, StoredObject?> find)
    {
        if (KindTable.Find(owner.ApiVersion, owner.Kind)?.QualifiedPlural is not { } resource
            || find(new ObjectKey(resource, ns, owner.Name)) is not { } stored || stored.Uid != owner.Uid)
        {
            return null;
        }

        switch (resource)
        {
            case WorkloadKinds.ReplicaSets:
                var set = ApiJson.Read<ReplicaSet>(stored.Json.Span);
                return set.Metadata.OwnerReferences.FirstOrDefault(o => o is { Controller: true, Kind: "Deployment" }) is { } deployment
                    && find(new ObjectKey(Deployments, ns, deployment.Name)) is { } above && above.Uid == deployment.Uid
                    ? new OwnerScale(above.Uid, ApiJson.Read<Deployment>(above.Json.Span).Spec.Replicas ?? 1, Deployments)
                    : new OwnerScale(stored.Uid, set.Spec.Replicas ?? 1, resource);
            case WorkloadKinds.StatefulSets:
                return new OwnerScale(stored.Uid, ApiJson.Read<StatefulSet>(stored.Json.Span).Spec.Replicas ?? 1, resource);
            case "replicationcontrollers":
                return new OwnerScale(stored.Uid, ApiJson.Read<ReplicationController>(stored.Json.Span).Spec.Replicas ?? 1, resource);
            default:
                return new OwnerScale(stored.Uid, null, resource);
        }
    }
}
